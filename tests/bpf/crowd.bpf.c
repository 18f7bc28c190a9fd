// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* A hundred small arrays and five programs that hang nowhere: loaded often enough, a crowd. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(n)                                                                                     \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__type(key, __u32);                                                                \
		__type(value, __u64);                                                              \
		__uint(max_entries, 1);                                                            \
	} crowd_##n SEC(".maps");

#define TEN(n)                                                                                     \
	MAP(n##0)                                                                                  \
	MAP(n##1) MAP(n##2) MAP(n##3) MAP(n##4) MAP(n##5) MAP(n##6) MAP(n##7) MAP(n##8) MAP(n##9)

TEN(0)
TEN(1)
TEN(2)
TEN(3)
TEN(4)
TEN(5)
TEN(6)
TEN(7)
TEN(8)
TEN(9)

#define PROGRAM(n)                                                                                 \
	SEC("socket") int crowd_prog_##n(void *ctx)                                                \
	{                                                                                          \
		__u32 key = 0;                                                                     \
		__u64 *count = bpf_map_lookup_elem(&crowd_0##n, &key);                             \
		return count ? *count : 0;                                                         \
	}

PROGRAM(0)
PROGRAM(1)
PROGRAM(2)
PROGRAM(3)
PROGRAM(4)

char LICENSE[] SEC("license") = "Dual MIT/GPL";
