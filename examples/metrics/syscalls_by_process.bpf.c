/* System calls by process name and number. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct trace_event_raw_sys_enter {
	long id;
} __attribute__((preserve_access_index));

struct call_key {
	char comm[16];
	__u32 number;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct call_key);
	__type(value, __u64);
} process_calls SEC(".maps");

static __always_inline void count(void *map, const void *key, __u64 more)
{
	__u64 *known = bpf_map_lookup_elem(map, key);

	if (known)
		*known += more;
	else
		bpf_map_update_elem(map, key, &more, BPF_NOEXIST);
}

SEC("tracepoint/raw_syscalls/sys_enter")
int process_called(struct trace_event_raw_sys_enter *ctx)
{
	struct call_key key = { .number = ctx->id };

	bpf_get_current_comm(key.comm, sizeof(key.comm));
	count(&process_calls, &key, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
