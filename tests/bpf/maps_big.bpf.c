// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* The maps that the speed of dumps is measured with: a million 16-byte keys, u64 values. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1000000);
	__uint(key_size, 16);
	__uint(value_size, 8);
} mt_big SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1000000);
	__uint(key_size, 16);
	__uint(value_size, 8);
} mt_big_pc SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";
