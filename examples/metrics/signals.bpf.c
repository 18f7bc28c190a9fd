/* Signals that are sent, by number and by whom they reach. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct trace_event_raw_signal_generate {
	int sig;
	char comm[16];
} __attribute__((preserve_access_index));

struct signal_key {
	char comm[16];
	__u32 signal;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct signal_key);
	__type(value, __u64);
} signals_sent SEC(".maps");

static __always_inline void count(void *map, const void *key, __u64 more)
{
	__u64 *known = bpf_map_lookup_elem(map, key);

	if (known)
		*known += more;
	else
		bpf_map_update_elem(map, key, &more, BPF_NOEXIST);
}

SEC("tracepoint/signal/signal_generate")
int signal_sent(struct trace_event_raw_signal_generate *ctx)
{
	struct signal_key key = { .signal = ctx->sig };

	bpf_probe_read_kernel(key.comm, sizeof(key.comm), ctx->comm);
	count(&signals_sent, &key, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
