/* Files that are opened. */
#include "tools/tool.bpf.h"

enum { PATH = 4096 };

const volatile _Bool failed; /* only those that failed */
const volatile __u32 target_pid, target_tid;
const volatile __s64 target_uid = -1;

struct event {
	__u64 time;
	__u32 pid, tid, uid;
	__s32 fd, err;
	__u32 flags;
	char comm[COMM];
	char path[PATH];
};

struct call {
	__u64 path;
	__u32 flags;
};

RECORD(event);
RING(events, 4 << 20);
SCRATCH(scratch, struct event);
HASH(calls, __u32, struct call, 10240);

static __always_inline int begins(__u64 path, __u32 flags)
{
	struct call call = { path, flags };
	__u32 id = tid();

	if (target_pid && target_pid != tgid())
		return 0;
	if (target_tid && target_tid != id)
		return 0;
	if (target_uid >= 0 && uid() != target_uid)
		return 0;
	bpf_map_update_elem(&calls, &id, &call, BPF_ANY);
	return 0;
}

static __always_inline void tell(const struct call *call, __s64 ret)
{
	__u32 zero = 0;
	struct event *event = bpf_map_lookup_elem(&scratch, &zero);
	__u64 size;
	long n;

	if (!event)
		return;
	event->time = bpf_ktime_get_ns();
	event->pid = tgid();
	event->tid = tid();
	event->uid = uid();
	event->fd = ret < 0 ? -1 : ret;
	event->err = ret < 0 ? -ret : 0;
	event->flags = call->flags;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	n = bpf_probe_read_user_str(event->path, PATH, (void *)call->path);
	size = n > 0 ? n : 0;
	if (size > PATH)
		size = PATH;
	send(&events, event, __builtin_offsetof(struct event, path) + size);
}

static __always_inline int ended(struct sys_exit *ctx)
{
	__u32 id = tid();
	struct call *call = bpf_map_lookup_elem(&calls, &id);

	if (!call)
		return 0;
	if (!failed || ctx->ret < 0)
		tell(call, ctx->ret);
	bpf_map_delete_elem(&calls, &id);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_open")
int open_begins(struct sys_enter *ctx)
{
	return begins(ctx->args[0], ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_openat")
int openat_begins(struct sys_enter *ctx)
{
	return begins(ctx->args[1], ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_enter_openat2")
int openat2_begins(struct sys_enter *ctx)
{
	__u64 flags = 0;

	bpf_probe_read_user(&flags, sizeof(flags), (void *)ctx->args[2]);
	return begins(ctx->args[1], flags);
}

SEC("tracepoint/syscalls/sys_exit_open")
int open_ended(struct sys_exit *ctx)
{
	return ended(ctx);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int openat_ended(struct sys_exit *ctx)
{
	return ended(ctx);
}

SEC("tracepoint/syscalls/sys_exit_openat2")
int openat2_ended(struct sys_exit *ctx)
{
	return ended(ctx);
}
