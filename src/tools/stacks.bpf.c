/* Where tasks spend time: stacks sampled on the CPUs, or the time that each was off them. */
#include "tools/tool.bpf.h"

enum { DEPTH = 127 };

const volatile _Bool kernel_only, user_only;
const volatile __u32 target_pid;
const volatile __u64 least = 1000, most = ~0ull; /* nanoseconds off a CPU */

struct key {
	__s32 kernel;
	__s32 user;
	__u32 pid; /* behind the id of the user's stack, as its decoder wants it */
	char comm[COMM];
};

struct count {
	__u64 samples, time;
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, 4);
	__uint(value_size, DEPTH * 8);
} stacks SEC(".maps");

HASH(counts, struct key, struct count, 40960);
__u64 missed; /* there was no room for a stack or a key */

/* Leaves out so many frames of the kernel: they are of the tracepoint. */
static __always_inline void read_key(struct key *key, void *ctx, __u64 skip)
{
	key->pid = tgid();
	key->kernel = user_only ? -1 : bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP | skip);
	key->user = kernel_only
		? -1
		: bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP | BPF_F_USER_STACK);
	bpf_get_current_comm(key->comm, sizeof(key->comm));
}

static __always_inline void count(const struct key *key, __u64 time)
{
	struct count *known = bpf_map_lookup_elem(&counts, key), first = {};

	if (!known) {
		bpf_map_update_elem(&counts, key, &first, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&counts, key);
	}
	if (!known) {
		__sync_fetch_and_add(&missed, 1);
		return;
	}
	__sync_fetch_and_add(&known->samples, 1);
	if (time) /* adding nothing becomes an instruction that Linux 5.10 lacks */
		__sync_fetch_and_add(&known->time, time);
}

SEC("perf_event")
int sampled(void *ctx)
{
	struct key key = {};

	if (!tid() || (target_pid && target_pid != tgid()))
		return 0;
	read_key(&key, ctx, 0);
	count(&key, 0);
	return 0;
}

/* A task that leaves the CPU is still the current one: its stack is where it waits. */
struct off {
	struct key key;
	__u64 since;
};

HASH(waiting, __u32, struct off, 10240);

SEC("raw_tp/sched_switch")
int switched(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *next = (void *)ctx->args[2];
	__u64 now = bpf_ktime_get_ns(), time;
	struct off off = { .since = now }, *known;
	__u32 id = tid();

	if (id && (!target_pid || target_pid == tgid())) {
		read_key(&off.key, ctx, 3);
		bpf_map_update_elem(&waiting, &id, &off, BPF_ANY);
	}
	id = BPF_CORE_READ(next, pid);
	known = bpf_map_lookup_elem(&waiting, &id);
	if (!known)
		return 0;
	time = now - known->since;
	off = *known;
	bpf_map_delete_elem(&waiting, &id);
	if (time >= least && time <= most)
		count(&off.key, time);
	return 0;
}
