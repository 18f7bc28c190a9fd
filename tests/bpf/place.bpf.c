/* Programs whose sections do not say where they go. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 functions, tracepoints, raw_tracepoints;

SEC("uprobe")
int at_function(void *ctx)
{
	__sync_fetch_and_add(&functions, 1);
	return 0;
}

SEC("tracepoint")
int at_tracepoint(void *ctx)
{
	__sync_fetch_and_add(&tracepoints, 1);
	return 0;
}

SEC("raw_tp")
int at_raw_tracepoint(void *ctx)
{
	__sync_fetch_and_add(&raw_tracepoints, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
