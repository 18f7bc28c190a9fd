// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Maps in the layouts of bpftrace 0.21 and later: per-CPU hashes, BTF without names. avg and stats
 * keep { total, count }, min and max { value, is set }; a histogram's bucket is the end of its
 * key; keys of several parts lie one behind the other. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct two {
	__s64 first;
	__s64 second;
};

struct bucket {
	__s64 key;
	__u64 slot;
};

struct mixed {
	char comm[16];
	__s64 number;
	char text[4];
};

#define MAP(name, key_type, value_type)                                                            \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_HASH);                                            \
		__uint(max_entries, 4096);                                                         \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

MAP(AT_zn_avg, __s64, struct two);
MAP(AT_zn_stats, __s64, struct two);
MAP(AT_zn_min, __s64, struct two);
MAP(AT_zn_max, __s64, struct two);
MAP(AT_zn_hist, struct bucket, __u64);
MAP(AT_zn_keys, struct two, __u64);
MAP(AT_zn_mixed, struct mixed, __u64);

/* Stacks: a hash and the number of frames by which another map has them (0.21), or the frames. */
struct hashed {
	__u64 hash;
	__u64 count;
};

struct hashed_user {
	__u64 hash;
	__u64 count;
	__u32 pid;
	__u32 probe;
};

struct inline_kernel {
	__u64 count;
	__u64 frames[6];
};

struct inline_user {
	__u32 pid;
	__u32 probe;
	__u64 count;
	__u64 frames[6];
};

MAP(AT_zn_khash, struct hashed, __u64);
MAP(AT_zn_uhash, struct hashed_user, __u64);
MAP(AT_zn_kin, struct inline_kernel, __u64);
MAP(AT_zn_uin, struct inline_user, __u64);

char LICENSE[] SEC("license") = "Dual MIT/GPL";
