// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* A scheduler that leaves all to the kernel's defaults (sched_ext, where a kernel has it). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct task_struct {
	int unused;
};

struct sched_ext_ops {
	void (*running)(struct task_struct *p);
	__u64 flags;
	char name[128];
};

SEC("struct_ops/running")
void BPF_PROG(sx_running, struct task_struct *p)
{
}

SEC(".struct_ops.link")
struct sched_ext_ops lunette_sched = {
	.running = (void *)sx_running,
	.flags = 8, /* SCX_OPS_SWITCH_PARTIAL: only tasks that ask for it */
	.name = "lunette_sched",
};

char LICENSE[] SEC("license") = "GPL";
