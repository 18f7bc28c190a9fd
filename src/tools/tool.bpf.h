#pragma once
/*
 * What the programs of the tools share: a ring buffer of events whose losses are counted, and the
 * few types of the kernel that they read, whose members' places the loader looks up in the running
 * kernel (CO-RE).
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define COMM 16
#define NS_PER_US 1000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct mm_struct {
	unsigned long arg_start, arg_end;
};

struct task_struct {
	int pid, tgid, exit_code, exit_signal;
	unsigned long long start_time;
	struct task_struct *real_parent, *group_leader;
	struct mm_struct *mm;
	char comm[COMM];
	unsigned int __state;
};

struct task_struct___before_5_14 {
	long state;
};
#pragma clang attribute pop

/* Records that the ring buffer had no room for: `events:lost()` reads it. */
__u64 lost;

static __always_inline void send(void *ring, void *record, __u64 size)
{
	if (bpf_ringbuf_output(ring, record, size, 0))
		__sync_fetch_and_add(&lost, 1);
}

#define RING(name, bytes)                                                                          \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_RINGBUF);                                                \
		__uint(max_entries, bytes);                                                        \
	} name SEC(".maps")

#define HASH(name, key_type, value_type, entries)                                                  \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, entries);                                                      \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

/* One record a CPU, larger than the stack may hold. */
#define SCRATCH(name, value_type)                                                                  \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

/* Keeps the type of the records in the object's BTF, by which they are decoded. */
#define RECORD(name) const struct name *type_of_##name

static __always_inline __u32 tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline __u32 tid(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

static __always_inline __u32 uid(void)
{
	return (__u32)bpf_get_current_uid_gid();
}

/* The arguments of a tracepoint of a system call. */
struct sys_enter {
	__u64 common;
	__s64 nr;
	__u64 args[6];
};

struct sys_exit {
	__u64 common;
	__s64 nr;
	__s64 ret;
};

/* The slot of a value in a histogram of powers of two. */
static __always_inline __u32 log2_slot(__u64 v)
{
	__u32 slot = 0, high = v >> 32, low;

	low = high ? high : (__u32)v;
	slot += (low > 0xffff) << 4;
	low >>= (low > 0xffff) << 4;
	slot += (low > 0xff) << 3;
	low >>= (low > 0xff) << 3;
	slot += (low > 0xf) << 2;
	low >>= (low > 0xf) << 2;
	slot += (low > 0x3) << 1;
	low >>= (low > 0x3) << 1;
	slot += low >> 1;
	return high ? slot + 32 : slot;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
