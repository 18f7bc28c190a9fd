// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* A congestion control that keeps its window as it is: a struct_ops map of a type that most
 * kernels have. Nobody uses it unless asked for by name. */
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

SEC("struct_ops/so_ssthresh")
__u32 BPF_PROG(so_ssthresh, struct sock *sk)
{
	return 2;
}

SEC("struct_ops/so_avoid")
void BPF_PROG(so_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC("struct_ops/so_undo")
__u32 BPF_PROG(so_undo, struct sock *sk)
{
	return 2;
}

SEC(".struct_ops")
struct tcp_congestion_ops lunette_still = {
	.ssthresh = (void *)so_ssthresh,
	.cong_avoid = (void *)so_avoid,
	.undo_cwnd = (void *)so_undo,
	.name = "lunette_still",
};

char LICENSE[] SEC("license") = "Dual MIT/GPL";
