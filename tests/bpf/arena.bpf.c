// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Memory that programs and processes share, which kernels before 6.9 lack. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, 33); /* arena: newer than the headers */
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
} ty_arena SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
