// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Counts a statically defined probe (USDT). libbpf needs the maps of its header. */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

__u64 ticks;

SEC("usdt")
int k_usdt(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&ticks, 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
