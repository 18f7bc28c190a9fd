/* Page faults by process name, in user and kernel code. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct fault_key {
	char comm[16];
	__u32 kernel;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct fault_key);
	__type(value, __u64);
} page_faults SEC(".maps");

static __always_inline void count(void *map, const void *key, __u64 more)
{
	__u64 *known = bpf_map_lookup_elem(map, key);

	if (known)
		*known += more;
	else
		bpf_map_update_elem(map, key, &more, BPF_NOEXIST);
}

static __always_inline int fault(__u32 kernel)
{
	struct fault_key key = { .kernel = kernel };

	bpf_get_current_comm(key.comm, sizeof(key.comm));
	count(&page_faults, &key, 1);
	return 0;
}

SEC("tracepoint/exceptions/page_fault_user")
int fault_user(void *ctx)
{
	return fault(0);
}

SEC("tracepoint/exceptions/page_fault_kernel")
int fault_kernel(void *ctx)
{
	return fault(1);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
