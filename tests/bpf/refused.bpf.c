/* Programs that the verifier takes and refuses, and types that no kernel has. */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} re_map SEC(".maps");

struct task_struct___lunette {
	int pid;
	int no_such_member;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int re_good(void *ctx)
{
	__u32 key = 1;
	__u64 *value = bpf_map_lookup_elem(&re_map, &key);

	return value ? (int)*value : 0;
}

/* The value may be missing. */
SEC("raw_tp/sys_enter")
int re_unchecked(void *ctx)
{
	__u32 key = bpf_get_smp_processor_id();
	__u64 *value = bpf_map_lookup_elem(&re_map, &key);

	return (int)*value;
}

SEC("raw_tp/sys_enter")
int re_missing(void *ctx)
{
	struct task_struct___lunette *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, pid) + BPF_CORE_READ(task, no_such_member);
}

char LICENSE[] SEC("license") = "GPL";
