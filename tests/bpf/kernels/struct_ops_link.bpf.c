// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* A congestion control that is registered by a link (Linux 6.4). Nobody uses it unless asked for.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sock {
	int unused;
};

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};

SEC("struct_ops/sl_ssthresh")
__u32 BPF_PROG(sl_ssthresh, struct sock *sk)
{
	return 2;
}

SEC("struct_ops/sl_avoid")
void BPF_PROG(sl_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC("struct_ops/sl_undo")
__u32 BPF_PROG(sl_undo, struct sock *sk)
{
	return 2;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops lunette_linked = {
	.ssthresh = (void *)sl_ssthresh,
	.cong_avoid = (void *)sl_avoid,
	.undo_cwnd = (void *)sl_undo,
	.name = "lunette_linked",
};

char LICENSE[] SEC("license") = "Dual MIT/GPL";
