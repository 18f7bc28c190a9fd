// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* The map in which bpftrace 0.21 to 0.23 keep the frames of stacks, by a hash and their number. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct hashed {
	__u64 hash;
	__u64 count;
};

struct frames {
	__u64 frames[6];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, struct hashed);
	__type(value, struct frames);
} stack_bpftrace_6 SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";
