/* System calls, counted by call or by process, and the time in them. */
#include "tools/tool.bpf.h"

const volatile _Bool by_process, latency, failed;
const volatile __u32 target_pid, target_errno;

struct entry {
	__u64 count;
	__u64 time;
	char comm[COMM]; /* by process */
};

HASH(counts, __u32, struct entry, 10240);
HASH(starts, __u32, __u64, 10240);
__u64 missed; /* there was no room for a new key */

static __always_inline void count(__u32 key, __u64 time)
{
	struct entry *entry = bpf_map_lookup_elem(&counts, &key), zero = {};

	if (!entry) {
		bpf_map_update_elem(&counts, &key, &zero, BPF_NOEXIST);
		entry = bpf_map_lookup_elem(&counts, &key);
	}
	if (!entry) {
		__sync_fetch_and_add(&missed, 1);
		return;
	}
	if (by_process) /* the process may have become another program */
		bpf_get_current_comm(entry->comm, sizeof(entry->comm));
	__sync_fetch_and_add(&entry->count, 1);
	if (latency)
		__sync_fetch_and_add(&entry->time, time);
}

SEC("raw_tp/sys_enter")
int call_begins(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 id = tid();

	if (target_pid && target_pid != tgid())
		return 0;
	bpf_map_update_elem(&starts, &id, &now, BPF_ANY);
	return 0;
}

struct sys_exit_args {
	__u64 common;
	__s64 nr;
	__s64 ret;
};

SEC("tracepoint/raw_syscalls/sys_exit")
int call_ended(struct sys_exit_args *ctx)
{
	__u64 time = 0, *start;
	__u32 id = tid();

	if (ctx->nr < 0 || (target_pid && target_pid != tgid()))
		return 0;
	if (failed && ctx->ret >= 0)
		return 0;
	if (target_errno && ctx->ret != -(__s64)target_errno)
		return 0;
	if (latency) {
		start = bpf_map_lookup_elem(&starts, &id);
		if (!start)
			return 0; /* it had begun before we looked */
		time = bpf_ktime_get_ns() - *start;
		bpf_map_delete_elem(&starts, &id);
	}
	count(by_process ? tgid() : (__u32)ctx->nr, time);
	return 0;
}
