// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/* Maps of a million entries and of ten thousand, for the benchmark of metrics. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1000000);
	__uint(key_size, 16);
	__uint(value_size, 8);
} mx_big SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10000);
	__uint(key_size, 16);
	__uint(value_size, 8);
} mx_ten SEC(".maps");
