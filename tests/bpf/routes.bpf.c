// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Programs for routes (in, out and xmit of a lightweight tunnel, SRv6's End.BPF), for a traffic
 * control action and for a classifier. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("lwt_in")
int rt_in(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_out")
int rt_out(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_xmit")
int rt_xmit(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_seg6local")
int rt_seg6(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("action")
int rt_action(struct __sk_buff *skb)
{
	return 0;
}

SEC("tc")
int rt_class(struct __sk_buff *skb)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
