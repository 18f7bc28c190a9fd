// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* More bytes than a page of a table may hold; loaded by the one test that needs so much memory. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 100);
	__uint(key_size, 4);
	__uint(value_size, 1048576);
} hu_array SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";
