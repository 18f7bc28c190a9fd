/* Processes, or threads, that end. */
#include "tools/tool.bpf.h"

const volatile _Bool threads, failed;
const volatile __u32 target_pid;

struct event {
	__u64 time, age;
	__u32 pid, ppid, tid;
	__s32 code; /* as wait() gives it */
	char comm[COMM];
};

RECORD(event);
RING(events, 1 << 20);

SEC("raw_tp/sched_process_exit")
int ended(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct event event = {};

	if ((target_pid && target_pid != tgid()) || (!threads && tgid() != tid()))
		return 0;
	event.code = BPF_CORE_READ(task, exit_code);
	if (failed && !event.code)
		return 0;
	event.time = bpf_ktime_get_ns();
	event.age = event.time - BPF_CORE_READ(task, start_time);
	event.pid = tgid();
	event.tid = tid();
	event.ppid = BPF_CORE_READ(task, real_parent, tgid);
	bpf_get_current_comm(event.comm, sizeof(event.comm));
	send(&events, &event, sizeof(event));
	return 0;
}
