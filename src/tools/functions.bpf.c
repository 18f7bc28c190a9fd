/* Calls of functions, of the kernel or of files, counted (funccount) and timed (funclatency). Which
 * function it is, the cookie of its probe says. */
#include "tools/histogram.bpf.h"

const volatile __u32 target_pid;
const volatile _Bool milliseconds, microseconds, by_function, by_process;

struct entry {
	__u64 function;
	__u32 tid, pad;
};

HASH(counts, __u64, __u64, 65536);
HASH(entries, struct entry, __u64, 65536);

static const __u64 none;

static __always_inline int count(void *ctx)
{
	__u64 id, *found;

	if (target_pid && target_pid != tgid())
		return 0;
	id = bpf_get_attach_cookie(ctx);
	found = bpf_map_lookup_elem(&counts, &id);
	if (!found) {
		bpf_map_update_elem(&counts, &id, &none, BPF_NOEXIST);
		found = bpf_map_lookup_elem(&counts, &id);
	}
	if (found)
		__sync_fetch_and_add(found, 1);
	else
		__sync_fetch_and_add(&missed, 1);
	return 0;
}

static __always_inline int enters(void *ctx)
{
	struct entry entry = { .tid = tid() };
	__u64 now = bpf_ktime_get_ns();

	if (target_pid && target_pid != tgid())
		return 0;
	entry.function = bpf_get_attach_cookie(ctx);
	bpf_map_update_elem(&entries, &entry, &now, BPF_ANY);
	return 0;
}

static __always_inline int leaves(void *ctx)
{
	struct entry entry = { .tid = tid() };
	__u64 *since, time;
	struct key key = {};

	entry.function = bpf_get_attach_cookie(ctx);
	since = bpf_map_lookup_elem(&entries, &entry);
	if (!since)
		return 0;
	time = bpf_ktime_get_ns() - *since;
	bpf_map_delete_elem(&entries, &entry);
	if (by_process) {
		key.id = tgid();
		bpf_get_current_comm(key.comm, COMM);
	} else if (by_function) {
		key.id = entry.function;
	}
	add_to(&key, milliseconds ? time / 1000000 : microseconds ? time / NS_PER_US : time);
	return 0;
}

#define PROGRAM(section, name, what)                                                               \
	SEC(section)                                                                               \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return what(ctx);                                                                  \
	}

PROGRAM("kprobe.multi", counts_all, count)
PROGRAM("kprobe", counts_one, count)
PROGRAM("tracepoint", counts_tracepoint, count)
PROGRAM("kprobe.multi", enters_all, enters)
PROGRAM("kprobe", enters_one, enters)
PROGRAM("kretprobe.multi", leaves_all, leaves)
PROGRAM("kretprobe", leaves_one, leaves)
/* At the return instructions of a function, in place of a probe that changes the stack. */
PROGRAM("kprobe", leaves_go, leaves)
