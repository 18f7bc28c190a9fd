/* Programs that are run, and with `failed` also those that could not be. */
#include "tools/tool.bpf.h"

enum { ARGS = 8192, WORDS = 20, WORD = 256 };

const volatile _Bool failed;
const volatile __s64 target_uid = -1;

struct event {
	__u64 time;
	__u32 pid, ppid, uid;
	__s32 ret;
	char comm[COMM];
	__u32 size; /* of the arguments, each with a NUL behind it */
	char args[ARGS];
};

struct call {
	__u64 file, words;
};

RECORD(event);
RING(events, 1 << 20);
SCRATCH(scratch, struct event);
HASH(calls, __u32, struct call, 10240);

static __always_inline struct event *begin(__s32 ret)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 zero = 0;
	struct event *event;

	if (target_uid >= 0 && uid() != target_uid)
		return NULL;
	event = bpf_map_lookup_elem(&scratch, &zero);
	if (!event)
		return NULL;
	event->time = bpf_ktime_get_ns();
	event->pid = tgid();
	event->ppid = BPF_CORE_READ(task, real_parent, tgid);
	event->uid = uid();
	event->ret = ret;
	event->size = 0;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	return event;
}

static __always_inline void end(struct event *event)
{
	__u64 size = event->size;

	asm volatile("" : "+r"(size)); /* or a copy is tested, which Linux 6.1 does not follow */
	if (size > ARGS)
		size = ARGS;
	send(&events, event, __builtin_offsetof(struct event, args) + size);
}

/* The new program's arguments lie in one piece of its memory. */
SEC("raw_tp/sched_process_exec")
int ran(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct event *event = begin(0);
	__u64 start, size;

	if (!event)
		return 0;
	start = BPF_CORE_READ(task, mm, arg_start);
	size = BPF_CORE_READ(task, mm, arg_end) - start;
	if (size > ARGS)
		size = ARGS;
	if (!bpf_probe_read_user(event->args, size, (void *)start))
		event->size = size;
	end(event);
	return 0;
}

static __always_inline int keep(__u64 file, __u64 words)
{
	struct call call = { file, words };
	__u32 id = tid();

	bpf_map_update_elem(&calls, &id, &call, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_execve")
int execve_begins(struct sys_enter *ctx)
{
	return keep(ctx->args[0], ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_execveat")
int execveat_begins(struct sys_enter *ctx)
{
	return keep(ctx->args[1], ctx->args[2]);
}

static __always_inline void add_word(struct event *event, __u64 from)
{
	__u32 at = event->size;
	long n;

	if (at >= ARGS - WORD)
		return;
	n = bpf_probe_read_user_str(event->args + at, WORD, (void *)from);
	if (n > 0)
		event->size = at + n;
}

/* The program that failed to become another still has what it wanted to run. */
static __always_inline void add_words(struct event *event, __u64 words)
{
	__u64 from = 0;

	for (int i = 0; i < WORDS; i++) {
		if (bpf_probe_read_user(&from, sizeof(from), (void *)(words + i * 8)) || !from)
			return;
		add_word(event, from);
	}
}

static __always_inline int ended(struct sys_exit *ctx)
{
	__u32 id = tid();
	struct call *known = bpf_map_lookup_elem(&calls, &id), call;
	struct event *event;

	if (!known)
		return 0;
	call = *known;
	bpf_map_delete_elem(&calls, &id);
	if (ctx->ret >= 0)
		return 0;
	event = begin(ctx->ret);
	if (!event)
		return 0;
	add_words(event, call.words);
	if (!event->size)
		add_word(event, call.file);
	end(event);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_execve")
int execve_ended(struct sys_exit *ctx)
{
	return ended(ctx);
}

SEC("tracepoint/syscalls/sys_exit_execveat")
int execveat_ended(struct sys_exit *ctx)
{
	return ended(ctx);
}
