// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Local storage of control groups, which kernels before 6.2 lack. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pair {
	__u32 a;
	__u32 b;
};

struct {
	__uint(type, 32); /* cgrp_storage: newer than the headers */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pair);
} mt_cgrp SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
