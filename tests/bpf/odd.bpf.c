// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Maps at the edges: the largest keys and values, odd prefixes, types nested as deep as can be. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TAG(text) __attribute__((btf_decl_tag(text)))

enum level { LOW = -1, HIGH = 1LL << 40 };

struct tagged {
	void *TAG("user") pointer;
	enum level level;
	volatile const __u32 count TAG("counter");
	__u32 flags;
} TAG("struct");

#define NEST(outer, inner)                                                                         \
	struct outer {                                                                             \
		struct inner in;                                                                   \
	}

struct n29 {
	__u32 leaf;
};
NEST(n28, n29);
NEST(n27, n28);
NEST(n26, n27);
NEST(n25, n26);
NEST(n24, n25);
NEST(n23, n24);
NEST(n22, n23);
NEST(n21, n22);
NEST(n20, n21);
NEST(n19, n20);
NEST(n18, n19);
NEST(n17, n18);
NEST(n16, n17);
NEST(n15, n16);
NEST(n14, n15);
NEST(n13, n14);
NEST(n12, n13);
NEST(n11, n12);
NEST(n10, n11);
NEST(n9, n10);
NEST(n8, n9);
NEST(n7, n8);
NEST(n6, n7);
NEST(n5, n6);
NEST(n4, n5);
NEST(n3, n4);
NEST(n2, n3);
NEST(n1, n2);
NEST(n0, n1);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 512);
	__uint(value_size, 4);
} od_key SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 1048576);
} od_value SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, 7);
	__uint(value_size, 4);
} od_lpm SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct n0);
} od_deep SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tagged);
} od_tagged SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, __u64);
} od_rdonly SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 20000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u32);
} od_moving SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";
