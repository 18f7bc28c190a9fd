/* Programs of the network types, for the disassembler's corpus: parsing, checksums, maps. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct flow {
	__u32 src;
	__u32 dst;
	__u16 sport;
	__u16 dport;
	__u8 proto;
	__u8 pad[3];
};

struct counter {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow);
	__type(value, struct counter);
} code_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct counter);
} code_protos SEC(".maps");

struct lpm_key {
	__u32 prefix;
	__u32 addr;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lpm_key);
	__type(value, __u32);
} code_prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} code_tails SEC(".maps");

__u64 total_bytes;
const volatile __u32 drop_port = 9;
struct counter totals[4];

static __noinline int count_flow(struct flow *flow, __u64 bytes)
{
	struct counter *c = bpf_map_lookup_elem(&code_flows, flow);
	struct counter first = { .packets = 1, .bytes = bytes };

	if (!c)
		return bpf_map_update_elem(&code_flows, flow, &first, BPF_NOEXIST);
	__sync_fetch_and_add(&c->packets, 1);
	__sync_fetch_and_add(&c->bytes, bytes);
	return 0;
}

static __always_inline void count_proto(__u32 proto, __u64 bytes)
{
	struct counter *c = bpf_map_lookup_elem(&code_protos, &proto);

	if (!c)
		return;
	c->packets++;
	c->bytes += bytes;
}

SEC("xdp")
int code_xdp_parse(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct flow flow = { 0 };
	struct iphdr *ip;
	struct udphdr *l4;

	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end || ip->ihl < 5)
		return XDP_DROP;
	flow.src = ip->saddr;
	flow.dst = ip->daddr;
	flow.proto = ip->protocol;
	l4 = (void *)ip + 20;
	if ((void *)(l4 + 1) <= end &&
		(ip->protocol == IPPROTO_UDP || ip->protocol == IPPROTO_TCP)) {
		flow.sport = bpf_ntohs(l4->source);
		flow.dport = bpf_ntohs(l4->dest);
		if (flow.dport == drop_port)
			return XDP_DROP;
	}
	count_flow(&flow, (__u64)(end - data));
	count_proto(flow.proto, (__u64)(end - data));
	totals[flow.proto & 3].packets++;
	total_bytes += (__u64)(end - data);
	return XDP_PASS;
}

SEC("xdp")
int code_xdp_swap(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	unsigned char mac[ETH_ALEN];

	if ((void *)(eth + 1) > end)
		return XDP_ABORTED;
	__builtin_memcpy(mac, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, mac, ETH_ALEN);
	return XDP_TX;
}

SEC("xdp")
int code_xdp_adjust(struct xdp_md *ctx)
{
	if (bpf_xdp_adjust_head(ctx, -8))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &code_tails, 1);
	return XDP_PASS;
}

SEC("tc")
int code_tc_mark(struct __sk_buff *skb)
{
	struct lpm_key key = { .prefix = 32, .addr = skb->hash };
	__u32 *mark = bpf_map_lookup_elem(&code_prefixes, &key);

	if (mark)
		skb->mark = *mark;
	skb->priority = skb->len > 1500 ? 1 : 2;
	return TC_ACT_OK;
}

SEC("tc")
int code_tc_csum(struct __sk_buff *skb)
{
	__u8 head[34];
	__u32 sum = 0;

	if (bpf_skb_load_bytes(skb, 0, head, sizeof(head)))
		return TC_ACT_SHOT;
#pragma clang loop unroll(full)
	for (int i = 14; i < 34; i += 2)
		sum += (__u32)head[i] << 8 | head[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	skb->cb[0] = (__u16)~sum;
	return TC_ACT_OK;
}

SEC("tc")
int code_tc_redirect(struct __sk_buff *skb)
{
	if (skb->ingress_ifindex & 1)
		return bpf_redirect(skb->ifindex, BPF_F_INGRESS);
	return bpf_clone_redirect(skb, skb->ifindex, 0);
}

SEC("socket")
int code_socket_filter(struct __sk_buff *skb)
{
	__u32 proto = skb->protocol;

	switch (bpf_ntohs((__u16)proto)) {
	case ETH_P_IP:
		return 64;
	case ETH_P_IPV6:
		return 96;
	case ETH_P_ARP:
		return 42;
	case 0x8847:
		return 128;
	default:
		return 0;
	}
}

SEC("cgroup_skb/egress")
int code_cgroup_egress(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&total_bytes, skb->len);
	return 1;
}

SEC("cgroup/connect4")
int code_connect4(struct bpf_sock_addr *ctx)
{
	if (ctx->user_port == bpf_htons(80))
		ctx->user_port = bpf_htons(8080);
	return ctx->user_ip4 != bpf_htonl(0x7f000001);
}

SEC("sockops")
int code_sockops(struct bpf_sock_ops *ops)
{
	__u64 cookie = bpf_get_socket_cookie(ops);

	switch (ops->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		bpf_sock_ops_cb_flags_set(ops, BPF_SOCK_OPS_RTT_CB_FLAG);
		break;
	case BPF_SOCK_OPS_RTT_CB:
		totals[cookie & 3].bytes += ops->srtt_us;
		break;
	}
	return 1;
}

SEC("cgroup/dev")
int code_device(struct bpf_cgroup_dev_ctx *ctx)
{
	short type = ctx->access_type & 0xffff;

	if (ctx->major != 1 || type != BPF_DEVCG_DEV_CHAR)
		return 0;
	return ctx->minor == 5 || ctx->minor == 9;
}

SEC("cgroup/sysctl")
int code_sysctl(struct bpf_sysctl *ctx)
{
	char name[32] = { 0 };

	bpf_sysctl_get_name(ctx, name, sizeof(name), 0);
	return !ctx->write || name[0] != 'k';
}

SEC("sk_lookup")
int code_sk_lookup(struct bpf_sk_lookup *ctx)
{
	return ctx->local_port == 7 ? SK_DROP : SK_PASS;
}

SEC("flow_dissector")
int code_dissect(struct __sk_buff *skb)
{
	struct bpf_flow_keys *keys = skb->flow_keys;

	keys->n_proto = bpf_htons(ETH_P_IP);
	keys->addr_proto = ETH_P_IP;
	return BPF_OK;
}

SEC("lwt_in")
int code_lwt(struct __sk_buff *skb)
{
	return skb->len > 9000 ? BPF_DROP : BPF_OK;
}
