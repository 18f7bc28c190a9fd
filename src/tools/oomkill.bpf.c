/* Processes that the kernel ends because memory is short. */
#include <linux/ptrace.h>
#include "tools/tool.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct oom_control {
	unsigned long totalpages;
	struct task_struct *chosen;
};

struct trace_event_raw_mark_victim {
	int pid;
};
#pragma clang attribute pop

struct event {
	__u64 time, pages; /* 0: not known */
	__u32 trigger, victim;
	char trigger_comm[COMM], victim_comm[COMM];
};

RECORD(event);
RING(events, 256 * 1024);

static __always_inline void begin(struct event *event)
{
	event->time = bpf_ktime_get_ns();
	event->trigger = tgid();
	bpf_get_current_comm(event->trigger_comm, COMM);
}

SEC("kprobe/oom_kill_process")
int kills(struct pt_regs *ctx)
{
	struct oom_control *oom = (void *)PT_REGS_PARM1(ctx);
	struct event event = {};

	begin(&event);
	event.pages = BPF_CORE_READ(oom, totalpages);
	event.victim = BPF_CORE_READ(oom, chosen, tgid);
	BPF_CORE_READ_STR_INTO(&event.victim_comm, oom, chosen, comm);
	send(&events, &event, sizeof(event));
	return 0;
}

SEC("tracepoint/oom/mark_victim")
int marks(struct trace_event_raw_mark_victim *ctx)
{
	struct event event = {};

	begin(&event);
	event.victim = ctx->pid;
	send(&events, &event, sizeof(event));
	return 0;
}
