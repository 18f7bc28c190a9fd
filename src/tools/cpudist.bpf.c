/* How long tasks run on a CPU at a time, or stay off it. */
#include "tools/histogram.bpf.h"

const volatile _Bool off, by_process, by_thread, milliseconds;
const volatile __u32 target_pid;

HASH(since, __u32, __u64, 10240);

static __always_inline void begins(struct task_struct *task, __u64 now)
{
	__u32 pid = BPF_CORE_READ(task, pid);

	if (!pid || (target_pid && target_pid != BPF_CORE_READ(task, tgid)))
		return;
	bpf_map_update_elem(&since, &pid, &now, BPF_ANY);
}

static __always_inline void ended(struct task_struct *task, __u64 now)
{
	__u32 pid = BPF_CORE_READ(task, pid);
	__u64 *start = bpf_map_lookup_elem(&since, &pid), time;
	struct key key = {};

	if (!start)
		return;
	time = now - *start;
	bpf_map_delete_elem(&since, &pid);
	if (by_thread || by_process) {
		key.id = by_thread ? pid : BPF_CORE_READ(task, tgid);
		BPF_CORE_READ_STR_INTO(&key.comm, task, comm);
	}
	add_to(&key, milliseconds ? time / 1000000 : time / NS_PER_US);
}

SEC("raw_tp/sched_switch")
int switched(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *before = (void *)ctx->args[1], *next = (void *)ctx->args[2];
	__u64 now = bpf_ktime_get_ns();

	if (off) {
		begins(before, now);
		ended(next, now);
	} else {
		ended(before, now);
		begins(next, now);
	}
	return 0;
}
