/* Packets and bytes that an interface receives, by IP version and protocol, and packets by the
 * longest prefix of ours that the source is in. */
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

struct prefix {
	__u32 length;
	__u32 address;
};

/* The prefixes: the script puts them here. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u64);
} xdp_prefixes SEC(".maps");

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

static __always_inline void count_protocol(struct ethhdr *eth, void *end, __u64 bytes)
{
	struct proto_key key = {};
	struct traffic one = { .packets = 1, .bytes = bytes }, *known;

	key.ethertype = bpf_ntohs(eth->h_proto);
	key.protocol = protocol_of(eth + 1, end, key.ethertype);
	known = bpf_map_lookup_elem(&xdp_protocols, &key);
	if (known) {
		known->packets++;
		known->bytes += bytes;
	} else {
		bpf_map_update_elem(&xdp_protocols, &key, &one, BPF_NOEXIST);
	}
}

static __always_inline void count_source(struct iphdr *ip)
{
	struct prefix key = { .length = 32, .address = ip->saddr };
	__u64 *packets = bpf_map_lookup_elem(&xdp_prefixes, &key);

	if (packets)
		__sync_fetch_and_add(packets, 1);
}

SEC("xdp")
int xdp_count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	count_protocol(eth, end, end - data);
	if (eth->h_proto == bpf_htons(ETH_P_IP) && (void *)(ip + 1) <= end)
		count_source(ip);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
