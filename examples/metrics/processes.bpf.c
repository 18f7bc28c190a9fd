/* Processes that begin and programs that they run. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct process_key {
	char comm[16];
	__u32 exec;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct process_key);
	__type(value, __u64);
} processes SEC(".maps");

static __always_inline void count(void *map, const void *key, __u64 more)
{
	__u64 *known = bpf_map_lookup_elem(map, key);

	if (known)
		*known += more;
	else
		bpf_map_update_elem(map, key, &more, BPF_NOEXIST);
}

static __always_inline int began(__u32 exec)
{
	struct process_key key = { .exec = exec };

	bpf_get_current_comm(key.comm, sizeof(key.comm));
	count(&processes, &key, 1);
	return 0;
}

SEC("tracepoint/sched/sched_process_fork")
int process_forked(void *ctx)
{
	return began(0);
}

SEC("tracepoint/sched/sched_process_exec")
int process_ran(void *ctx)
{
	return began(1);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
