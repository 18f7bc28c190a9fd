// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Programs that hang on control groups, interfaces, sockets and each other; none does a thing. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} att_sockmap SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} att_tails SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} att_devices SEC(".maps");

SEC("xdp/devmap")
int att_devmap(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("cgroup_skb/egress")
int att_egress(struct __sk_buff *skb)
{
	return 1;
}

SEC("cgroup/sock_create")
int att_sock(struct bpf_sock *sk)
{
	return 1;
}

SEC("xdp")
int att_xdp(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("tc")
int att_tc(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &att_tails, 0);
	return TC_ACT_OK;
}

SEC("tc")
int att_tail(struct __sk_buff *skb)
{
	return TC_ACT_OK;
}

SEC("flow_dissector")
int att_dissect(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("socket")
int att_socket(struct __sk_buff *skb)
{
	return -1;
}

SEC("sk_msg")
int att_msg(struct sk_msg_md *msg)
{
	return SK_PASS;
}

SEC("sk_lookup")
int att_lookup(struct bpf_sk_lookup *ctx)
{
	return SK_PASS;
}

SEC("perf_event")
int att_perf(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
