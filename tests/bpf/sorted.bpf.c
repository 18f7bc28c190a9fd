// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Maps for the tests of sorting and filters, which give their bytes a meaning of their own. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__uint(key_size, 8);
	__uint(value_size, 64);
} so_plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 512);
	__uint(key_size, 8);
	__uint(value_size, 64);
} so_percpu SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";
