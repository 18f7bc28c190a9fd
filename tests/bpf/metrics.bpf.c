// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/* Maps for the tests of metrics: filled from user space, but for the counts of mx_enter. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct mx_key {
	char comm[16];
	__u32 pid;
	__u32 op;
};

struct mx_value {
	__u64 bytes;
	__u64 ns;
	__s64 balance;
	double ratio;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct mx_key);
	__type(value, struct mx_value);
} mx_struct SEC(".maps");

struct mx_slots {
	__u32 slots[8];
	__u64 sum;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct mx_slots);
} mx_hist SEC(".maps");

struct mx_bucket {
	__u32 disk;
	__u32 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct mx_bucket);
	__type(value, __u64);
} mx_buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16);
	__uint(key_size, 16);
	__uint(value_size, 8);
} mx_percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__uint(key_size, 8);
	__uint(value_size, 16);
} mx_wide SEC(".maps");

/* A number and a name that several entries share. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__uint(key_size, 20);
	__uint(value_size, 8);
} mx_shared SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 512);
	__type(key, __u64);
	__type(value, __u64);
} mx_calls SEC(".maps");

/* Whose calls are counted, and how many there were: global data, so that a test can set it. */
struct {
	__u64 total;
	__u64 tgid;
} mx_state;

struct mx_enter_ctx {
	__u64 common;
	__s64 id;
};

/* Calls of one process, by number; and how many there were, counted by itself. */
SEC("tracepoint/raw_syscalls/sys_enter")
int mx_enter(struct mx_enter_ctx *ctx)
{
	__u64 id = ctx->id, one = 1, *count;

	if (bpf_get_current_pid_tgid() >> 32 != mx_state.tgid)
		return 0;
	__sync_fetch_and_add(&mx_state.total, 1);
	count = bpf_map_lookup_elem(&mx_calls, &id);
	if (count)
		++*count;
	else
		bpf_map_update_elem(&mx_calls, &id, &one, BPF_ANY);
	return 0;
}
