/* Packets and bytes that an interface receives, by IP version and protocol. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

struct proto_key {
	__u16 ethertype;
	__u8 protocol;
	__u8 pad;
};

struct traffic {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 512);
	__type(key, struct proto_key);
	__type(value, struct traffic);
} xdp_protocols SEC(".maps");

static __always_inline __u8 protocol_of(void *packet, void *end, __u16 ethertype)
{
	struct iphdr *ip = packet;
	struct ipv6hdr *ip6 = packet;

	if (ethertype == ETH_P_IP && (void *)(ip + 1) <= end)
		return ip->protocol;
	if (ethertype == ETH_P_IPV6 && (void *)(ip6 + 1) <= end)
		return ip6->nexthdr;
	return 0;
}

SEC("xdp")
int xdp_count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct proto_key key = {};
	struct traffic one = { .packets = 1, .bytes = end - data }, *known;

	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	key.ethertype = bpf_ntohs(eth->h_proto);
	key.protocol = protocol_of(eth + 1, end, key.ethertype);
	known = bpf_map_lookup_elem(&xdp_protocols, &key);
	if (known) {
		known->packets++;
		known->bytes += one.bytes;
	} else {
		bpf_map_update_elem(&xdp_protocols, &key, &one, BPF_NOEXIST);
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
