/* Reads, writes, opens and syncs of files: which are used most (filetop), which are slow
 * (fileslower, fsslower). The file of a call is found by its descriptor, so that tracepoints of
 * system calls do, on any kernel. */
#include "tools/descriptor.bpf.h"

enum { NAME = 64, FS = 16 };
enum { READ, WRITE, OPEN, SYNC };

const volatile _Bool counting, all_files;
const volatile __u32 target_pid;
const volatile __u64 least_ns;

struct event {
	__u64 time, latency;
	__s64 bytes, offset;
	__u32 pid, tid, kind;
	char comm[COMM];
	char fs[FS];
	char name[NAME];
};

struct key {
	__u64 file; /* the inode's address */
	__u32 pid, tid;
	char comm[COMM];
	char name[NAME];
	char kind;
};

struct value {
	__u64 reads, writes, read_bytes, write_bytes;
};

struct call {
	__u64 since, file;
	__s64 offset;
	__u32 kind;
};

RECORD(event);
RING(events, 1 << 20);
HASH(counts, struct key, struct value, 10240);
HASH(calls, __u32, struct call, 10240);
__u64 missed;

static __always_inline _Bool is_wanted(struct file *file)
{
	__u16 kind = BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;

	return all_files ? kind != S_IFSOCK || counting : kind == S_IFREG;
}

static __always_inline int begins(__u64 fd, __u32 kind)
{
	struct call call = { .since = bpf_ktime_get_ns(), .kind = kind };
	__u32 id = tid();
	struct file *file = NULL;

	if (target_pid && target_pid != tgid())
		return 0;
	if (kind != OPEN) {
		file = file_of(fd);
		if (!file || !is_wanted(file))
			return 0;
		call.offset = BPF_CORE_READ(file, f_pos);
	}
	call.file = (__u64)file;
	bpf_map_update_elem(&calls, &id, &call, BPF_ANY);
	return 0;
}

/* The letter of the kind of file: R regular, S socket, O other. */
static __always_inline char letter(struct file *file)
{
	__u16 kind = BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;

	return kind == S_IFREG ? 'R' : kind == S_IFSOCK ? 'S' : 'O';
}

static const struct value no_value;

static __always_inline void count(const struct call *call, struct file *file, __s64 bytes)
{
	struct key key = { .file = (__u64)BPF_CORE_READ(file, f_inode),
		.pid = tgid(),
		.tid = tid(),
		.kind = letter(file) };
	struct value *value;

	bpf_get_current_comm(key.comm, sizeof(key.comm));
	read_name(key.name, NAME, file);
	value = bpf_map_lookup_elem(&counts, &key);
	if (!value) {
		bpf_map_update_elem(&counts, &key, &no_value, BPF_NOEXIST);
		value = bpf_map_lookup_elem(&counts, &key);
	}
	if (!value) {
		__sync_fetch_and_add(&missed, 1);
	} else if (call->kind == READ) {
		__sync_fetch_and_add(&value->reads, 1);
		__sync_fetch_and_add(&value->read_bytes, bytes);
	} else {
		__sync_fetch_and_add(&value->writes, 1);
		__sync_fetch_and_add(&value->write_bytes, bytes);
	}
}

static __always_inline void tell(const struct call *call, struct file *file, __s64 ret, __u64 now)
{
	struct event event = {};

	event.time = now;
	event.latency = now - call->since;
	event.bytes = call->kind < OPEN ? ret : 0;
	event.offset = call->offset;
	event.pid = tgid();
	event.tid = tid();
	event.kind = call->kind;
	bpf_get_current_comm(event.comm, sizeof(event.comm));
	bpf_probe_read_kernel_str(event.fs, FS, BPF_CORE_READ(file, f_inode, i_sb, s_type, name));
	read_name(event.name, NAME, file);
	send(&events, &event, sizeof(event));
}

static __always_inline int ended(struct sys_exit *ctx)
{
	__u32 id = tid();
	struct call *found = bpf_map_lookup_elem(&calls, &id), call;
	__u64 now = bpf_ktime_get_ns();
	struct file *file;

	if (!found)
		return 0;
	call = *found;
	bpf_map_delete_elem(&calls, &id);
	if (ctx->ret < 0)
		return 0;
	file = (struct file *)call.file;
	if (call.kind == OPEN) {
		file = file_of(ctx->ret);
		if (!file || !is_wanted(file))
			return 0;
	}
	if (counting)
		count(&call, file, ctx->ret);
	else if (now - call.since >= least_ns)
		tell(&call, file, ctx->ret, now);
	return 0;
}

#define CALL(name, kind)                                                                           \
	SEC("tracepoint/syscalls/sys_enter_" #name)                                                \
	int name##_begins(struct sys_enter *ctx)                                                   \
	{                                                                                          \
		return begins(ctx->args[0], kind);                                                 \
	}                                                                                          \
	SEC("tracepoint/syscalls/sys_exit_" #name)                                                 \
	int name##_ended(struct sys_exit *ctx)                                                     \
	{                                                                                          \
		return ended(ctx);                                                                 \
	}

CALL(read, READ)
CALL(pread64, READ)
CALL(readv, READ)
CALL(preadv, READ)
CALL(preadv2, READ)
CALL(write, WRITE)
CALL(pwrite64, WRITE)
CALL(writev, WRITE)
CALL(pwritev, WRITE)
CALL(pwritev2, WRITE)
CALL(openat, OPEN)
CALL(openat2, OPEN)
CALL(fsync, SYNC)
CALL(fdatasync, SYNC)
