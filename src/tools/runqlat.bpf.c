/* How long tasks that could run waited for a CPU. */
#include "tools/histogram.bpf.h"

const volatile _Bool by_process, by_thread, milliseconds;
const volatile __u32 target_pid;

HASH(waiting, __u32, __u64, 10240);

static __always_inline int wakes(struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, pid);
	__u64 now = bpf_ktime_get_ns();

	if (!pid || (target_pid && target_pid != BPF_CORE_READ(task, tgid)))
		return 0;
	bpf_map_update_elem(&waiting, &pid, &now, BPF_ANY);
	return 0;
}

SEC("raw_tp/sched_wakeup")
int woken(struct bpf_raw_tracepoint_args *ctx)
{
	return wakes((void *)ctx->args[0]);
}

SEC("raw_tp/sched_wakeup_new")
int woken_first(struct bpf_raw_tracepoint_args *ctx)
{
	return wakes((void *)ctx->args[0]);
}

static __always_inline _Bool can_run(struct task_struct *task)
{
	struct task_struct___before_5_14 *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state) == 0;
	return BPF_CORE_READ(old, state) == 0;
}

SEC("raw_tp/sched_switch")
int switched(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *before = (void *)ctx->args[1], *next = (void *)ctx->args[2];
	__u32 pid = BPF_CORE_READ(next, pid);
	struct key key = {};
	__u64 *since, time;

	if (can_run(before))
		wakes(before);
	since = bpf_map_lookup_elem(&waiting, &pid);
	if (!since)
		return 0;
	time = bpf_ktime_get_ns() - *since;
	bpf_map_delete_elem(&waiting, &pid);
	if (by_thread || by_process) {
		key.id = by_thread ? pid : BPF_CORE_READ(next, tgid);
		BPF_CORE_READ_STR_INTO(&key.comm, next, comm);
	}
	add_to(&key, milliseconds ? time / 1000000 : time / NS_PER_US);
	return 0;
}
