/* Counts system calls by process name, each CPU for itself. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct comm {
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct comm);
	__type(value, __u64);
} SYSCALLNUM SEC(".maps");

SEC("raw_tp/sys_enter")
int count_syscall(void *ctx)
{
	struct comm comm = {};
	__u64 *calls, one = 1;

	bpf_get_current_comm(&comm, sizeof(comm));
	calls = bpf_map_lookup_elem(&SYSCALLNUM, &comm);
	if (calls)
		(*calls)++;
	else
		bpf_map_update_elem(&SYSCALLNUM, &comm, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
