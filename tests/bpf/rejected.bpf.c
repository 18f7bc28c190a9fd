// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* The verifier refuses this one: it reads where no pointer leads. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int obj_rejected(struct __sk_buff *skb)
{
	return *(volatile int *)(long)skb->len;
}

char LICENSE[] SEC("license") = "GPL";
