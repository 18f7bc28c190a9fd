/* What processes write to terminals. */
#include "tools/descriptor.bpf.h"

enum { DATA = 4096, NAME = 16 };
enum { PTS_FIRST = 136, PTS_LAST = 143, TTY = 4, TTYS = 5, PTMX = 2, MINOR_BITS = 20 };

const volatile __u32 target_pid;

struct event {
	__u64 time;
	__u32 pid, size;
	char comm[COMM], name[NAME];
	char pts, pad[7];
	char data[DATA];
};

RING(events, 4 << 20);
SCRATCH(scratch, struct event);

static __always_inline void tell(struct file *file, __u64 data, __u64 size, _Bool pts)
{
	__u32 zero = 0;
	struct event *event = bpf_map_lookup_elem(&scratch, &zero);

	if (!event)
		return;
	event->time = bpf_ktime_get_ns();
	event->pid = tgid();
	event->size = size;
	event->pts = pts;
	bpf_get_current_comm(event->comm, COMM);
	read_name(event->name, NAME, file);
	if (size > DATA)
		size = DATA;
	if (!bpf_probe_read_user(event->data, size, (void *)data))
		send(&events, event, __builtin_offsetof(struct event, data) + size);
}

static __always_inline int writes(__u64 fd, __u64 data, __u64 size)
{
	struct file *file = target_pid && target_pid != tgid() ? NULL : file_of(fd);
	__u32 major, minor;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFCHR)
		return 0;
	major = BPF_CORE_READ(file, f_inode, i_rdev) >> MINOR_BITS;
	minor = BPF_CORE_READ(file, f_inode, i_rdev) & ((1 << MINOR_BITS) - 1);
	if (major == TTYS && minor == PTMX) /* the other side: what is typed */
		return 0;
	if (major == TTY || major == TTYS || (major >= PTS_FIRST && major <= PTS_LAST))
		tell(file, data, size, major >= PTS_FIRST);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_write")
int write_begins(struct sys_enter *ctx)
{
	return writes(ctx->args[0], ctx->args[1], ctx->args[2]);
}

/* Of several pieces the first few. */
SEC("tracepoint/syscalls/sys_enter_writev")
int writev_begins(struct sys_enter *ctx)
{
	struct {
		__u64 data, size;
	} piece;

	for (__u32 i = 0; i < 8; i++) {
		if (i >= ctx->args[2] ||
			bpf_probe_read_user(
				&piece, sizeof(piece), (void *)(ctx->args[1] + i * sizeof(piece))))
			return 0;
		writes(ctx->args[0], piece.data, piece.size);
	}
	return 0;
}
