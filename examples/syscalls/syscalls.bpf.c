/* Counts system calls by process name, each CPU for itself. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct process {
	char comm[16];
};

struct count {
	__u64 calls;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct process);
	__type(value, struct count);
} SYSCALLNUM SEC(".maps");

SEC("raw_tp/sys_enter")
int count_syscall(void *ctx)
{
	struct count *count, first = { .calls = 1 };
	struct process process = {};

	bpf_get_current_comm(process.comm, sizeof(process.comm));
	count = bpf_map_lookup_elem(&SYSCALLNUM, &process);
	if (count)
		count->calls++;
	else
		bpf_map_update_elem(&SYSCALLNUM, &process, &first, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
