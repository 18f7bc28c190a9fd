/* Calls that ask what a file is. */
#include "tools/tool.bpf.h"

enum { PATH = 4096 };

const volatile _Bool failed;
const volatile __u32 target_pid;

struct event {
	__u64 time;
	__u32 pid;
	__s32 ret;
	char comm[COMM];
	char path[PATH];
};

RECORD(event);
RING(events, 4 << 20);
SCRATCH(scratch, struct event);
HASH(calls, __u32, __u64, 10240);

static __always_inline int begins(__u64 path)
{
	__u32 id = tid();

	if (target_pid && target_pid != tgid())
		return 0;
	bpf_map_update_elem(&calls, &id, &path, BPF_ANY);
	return 0;
}

static __always_inline void tell(__u64 path, __s32 ret)
{
	__u32 zero = 0;
	struct event *event = bpf_map_lookup_elem(&scratch, &zero);
	__u64 size;
	long n;

	if (!event)
		return;
	event->time = bpf_ktime_get_ns();
	event->pid = tgid();
	event->ret = ret;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	n = bpf_probe_read_user_str(event->path, PATH, (void *)path);
	if (n == 1) /* fstat(): it asks of a descriptor */
		return;
	size = n > 0 ? n : 0;
	if (size > PATH)
		size = PATH;
	send(&events, event, __builtin_offsetof(struct event, path) + size);
}

static __always_inline int ended(struct sys_exit *ctx)
{
	__u32 id = tid();
	__u64 *path = bpf_map_lookup_elem(&calls, &id);

	if (!path)
		return 0;
	if (!failed || ctx->ret < 0)
		tell(*path, ctx->ret);
	bpf_map_delete_elem(&calls, &id);
	return 0;
}

#define CALL(name, arg)                                                                            \
	SEC("tracepoint/syscalls/sys_enter_" #name)                                                \
	int name##_begins(struct sys_enter *ctx)                                                   \
	{                                                                                          \
		return begins(ctx->args[arg]);                                                     \
	}                                                                                          \
	SEC("tracepoint/syscalls/sys_exit_" #name)                                                 \
	int name##_ended(struct sys_exit *ctx)                                                     \
	{                                                                                          \
		return ended(ctx);                                                                 \
	}

CALL(statfs, 0)
CALL(statx, 1)
CALL(newstat, 0)
CALL(newlstat, 0)
CALL(newfstatat, 1)
