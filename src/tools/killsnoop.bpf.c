/* Signals that processes send by system calls, and all that the kernel makes. */
#include "tools/tool.bpf.h"

const volatile _Bool failed;
const volatile __u32 target_pid, target_signal;

struct event {
	__u64 time;
	__u32 pid, tpid;
	__s32 signal, ret;
	char comm[COMM];
};

struct call {
	__u32 tpid;
	__s32 signal;
};

RECORD(event);
RING(events, 1 << 20);
HASH(calls, __u32, struct call, 10240);

static __always_inline int begins(__u32 tpid, __s32 signal)
{
	struct call call = { tpid, signal };
	__u32 id = tid();

	if ((target_pid && target_pid != tgid()) || (target_signal && target_signal != signal))
		return 0;
	bpf_map_update_elem(&calls, &id, &call, BPF_ANY);
	return 0;
}

static __always_inline void tell(__u32 tpid, __s32 signal, __s32 ret)
{
	struct event event = {};

	if (failed && ret >= 0)
		return;
	event.time = bpf_ktime_get_ns();
	event.pid = tgid();
	event.tpid = tpid;
	event.signal = signal;
	event.ret = ret;
	bpf_get_current_comm(event.comm, sizeof(event.comm));
	send(&events, &event, sizeof(event));
}

static __always_inline int ended(struct sys_exit *ctx)
{
	__u32 id = tid();
	struct call *call = bpf_map_lookup_elem(&calls, &id);

	if (!call)
		return 0;
	tell(call->tpid, call->signal, ctx->ret);
	bpf_map_delete_elem(&calls, &id);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_kill")
int kill_begins(struct sys_enter *ctx)
{
	return begins(ctx->args[0], ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_tkill")
int tkill_begins(struct sys_enter *ctx)
{
	return begins(ctx->args[0], ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_tgkill")
int tgkill_begins(struct sys_enter *ctx)
{
	return begins(ctx->args[1], ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_exit_kill")
int kill_ended(struct sys_exit *ctx)
{
	return ended(ctx);
}

SEC("tracepoint/syscalls/sys_exit_tkill")
int tkill_ended(struct sys_exit *ctx)
{
	return ended(ctx);
}

SEC("tracepoint/syscalls/sys_exit_tgkill")
int tgkill_ended(struct sys_exit *ctx)
{
	return ended(ctx);
}

struct trace_event_raw_signal_generate {
	int sig, errno;
	int pid;
} __attribute__((preserve_access_index));

SEC("tracepoint/signal/signal_generate")
int generated(struct trace_event_raw_signal_generate *ctx)
{
	int signal = ctx->sig;

	if ((target_pid && target_pid != tgid()) || (target_signal && target_signal != signal))
		return 0;
	tell(ctx->pid, signal, -ctx->errno);
	return 0;
}
