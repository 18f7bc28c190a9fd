// SPDX-License-Identifier: (MIT OR GPL-2.0)
/*
 * Programs of lightweight tunnels, of which netlink reports only a name. IPv6 programs come from
 * the iterator of routes; IPv4 has no such iterator, so its programs come from the table of next
 * hops: of the reader's network namespace, or before Linux 6.15 of all namespaces together.
 */
#include <linux/bpf.h>
#include <linux/lwtunnel.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "probes/lwt.h"

#define KERNEL_STRUCT __attribute__((preserve_access_index))

enum { INET = 2, INET6 = 10, CHAIN_MAX = 1 << 16, BITS_MAX = 20 };

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} KERNEL_STRUCT;

struct bpf_prog_aux {
	__u32 id;
} KERNEL_STRUCT;

struct bpf_prog {
	struct bpf_prog_aux *aux;
} KERNEL_STRUCT;

struct bpf_lwt_prog {
	struct bpf_prog *prog;
	char *name;
} KERNEL_STRUCT;

struct bpf_lwt {
	struct bpf_lwt_prog in;
	struct bpf_lwt_prog out;
	struct bpf_lwt_prog xmit;
} KERNEL_STRUCT;

struct lwtunnel_state {
	__u16 type;
	__u8 data[];
} KERNEL_STRUCT;

struct in6_addr {
	__u8 bytes[16];
};

struct fib_nh_common {
	int nhc_oif;
	__u8 nhc_gw_family;
	struct lwtunnel_state *nhc_lwtstate;
	union {
		__u32 ipv4;
		struct in6_addr ipv6;
	} nhc_gw;
} KERNEL_STRUCT;

struct fib_nh {
	struct fib_nh_common nh_common;
} KERNEL_STRUCT;

struct fib6_nh {
	struct fib_nh_common nh_common;
} KERNEL_STRUCT;

struct nh_info {
	struct fib_nh_common fib_nhc;
} KERNEL_STRUCT;

struct nexthop {
	_Bool is_group;
	struct nh_info *nh_info;
} KERNEL_STRUCT;

struct hlist_node {
	struct hlist_node *next;
} KERNEL_STRUCT;

struct hlist_head {
	struct hlist_node *first;
} KERNEL_STRUCT;

struct net;

struct fib_info {
	struct hlist_node fib_hash;
	struct net *fib_net;
	__u32 fib_priority;
	int fib_nhs;
	struct nexthop *nh;
	struct fib_nh fib_nh[];
} KERNEL_STRUCT;

struct fib6_table {
	__u32 tb6_id;
} KERNEL_STRUCT;

struct rt6key {
	struct in6_addr addr;
	int plen;
} KERNEL_STRUCT;

struct fib6_info {
	struct fib6_table *fib6_table;
	struct rt6key fib6_dst;
	__u32 fib6_metric;
	struct nexthop *nh;
	struct fib6_nh fib6_nh[];
} KERNEL_STRUCT;

struct netns_ipv4 {
	struct hlist_head *fib_info_hash;
	unsigned int fib_info_hash_bits;
} KERNEL_STRUCT;

struct net {
	struct netns_ipv4 ipv4;
} KERNEL_STRUCT;

struct nsproxy {
	struct net *net_ns;
} KERNEL_STRUCT;

struct task_struct {
	struct nsproxy *nsproxy;
} KERNEL_STRUCT;

struct bpf_iter__ipv6_route {
	struct bpf_iter_meta *meta;
	struct fib6_info *rt;
} KERNEL_STRUCT;

struct netlink_sock;

struct bpf_iter__netlink {
	struct bpf_iter_meta *meta;
	struct netlink_sock *sk;
} KERNEL_STRUCT;

static void write(struct seq_file *seq, struct lun_lwt_record *record, struct bpf_lwt_prog *at)
{
	char *name = BPF_CORE_READ(at, name);

	record->prog_id = BPF_CORE_READ(at, prog, aux, id);
	if (!record->prog_id)
		return;
	__builtin_memset(record->name, 0, sizeof(record->name));
	bpf_probe_read_kernel_str(record->name, sizeof(record->name), name);
	bpf_seq_write(seq, record, sizeof(*record));
}

static void write_hop(
	struct seq_file *seq, struct lun_lwt_record *record, struct fib_nh_common *hop)
{
	struct lwtunnel_state *state = BPF_CORE_READ(hop, nhc_lwtstate);
	struct bpf_lwt *lwt;

	if (!state || BPF_CORE_READ(state, type) != LWTUNNEL_ENCAP_BPF)
		return;
	record->ifindex = BPF_CORE_READ(hop, nhc_oif);
	if (BPF_CORE_READ(hop, nhc_gw_family) != record->family)
		;
	else if (record->family == INET6)
		BPF_CORE_READ_INTO(&record->gateway, hop, nhc_gw.ipv6);
	else
		BPF_CORE_READ_INTO((__u32 *)record->gateway, hop, nhc_gw.ipv4);
	lwt = (void *)state + bpf_core_field_offset(state->data);
	record->mode = LUN_LWT_IN;
	write(seq, record, __builtin_preserve_access_index(&lwt->in));
	record->mode = LUN_LWT_OUT;
	write(seq, record, __builtin_preserve_access_index(&lwt->out));
	record->mode = LUN_LWT_XMIT;
	write(seq, record, __builtin_preserve_access_index(&lwt->xmit));
}

/* The next hop of a next hop object; those of groups are not visible. */
static struct fib_nh_common *hop_of(struct nexthop *nh)
{
	struct nh_info *info;

	if (BPF_CORE_READ(nh, is_group))
		return 0;
	info = BPF_CORE_READ(nh, nh_info);
	return info ? __builtin_preserve_access_index(&info->fib_nhc) : 0;
}

SEC("iter/ipv6_route")
int lun_lwt6(struct bpf_iter__ipv6_route *ctx)
{
	struct lun_lwt_record record = { .family = INET6 };
	struct fib6_info *rt = ctx->rt;
	struct fib_nh_common *hop;
	struct nexthop *nh;

	if (!rt)
		return 0;
	nh = BPF_CORE_READ(rt, nh);
	hop = nh ? hop_of(nh) : __builtin_preserve_access_index(&rt->fib6_nh[0].nh_common);
	if (!hop)
		return 0;
	record.metric = BPF_CORE_READ(rt, fib6_metric);
	record.table = BPF_CORE_READ(rt, fib6_table, tb6_id);
	record.dst_len = BPF_CORE_READ(rt, fib6_dst.plen);
	BPF_CORE_READ_INTO(&record.dst, rt, fib6_dst.addr);
	write_hop(ctx->meta->seq, &record, hop);
	return 0;
}

/* Loops are callbacks, which the verifier checks only once. */
struct hops {
	struct seq_file *seq;
	struct fib_nh_common *next;
	struct lun_lwt_record record;
};

static long walk_hop(__u32 i, struct hops *hops)
{
	__builtin_memset(hops->record.gateway, 0, sizeof(hops->record.gateway));
	write_hop(hops->seq, &hops->record, hops->next);
	hops->next = (void *)hops->next + bpf_core_type_size(struct fib_nh);
	return 0;
}

static void write_info(struct seq_file *seq, struct fib_info *info, struct net *net)
{
	struct hops hops = { .seq = seq, .record.family = INET };
	struct nexthop *nh = BPF_CORE_READ(info, nh);
	__u32 n = nh ? 1 : BPF_CORE_READ(info, fib_nhs);

	if (BPF_CORE_READ(info, fib_net) != net)
		return;
	hops.record.metric = BPF_CORE_READ(info, fib_priority);
	if (nh)
		hops.next = hop_of(nh);
	else
		hops.next = (void *)info + bpf_core_field_offset(info->fib_nh);
	if (hops.next)
		bpf_loop(n, walk_hop, &hops, 0);
}

struct walk {
	struct seq_file *seq;
	struct net *net;
	struct hlist_head *buckets;
	struct hlist_node *node;
};

static long walk_node(__u32 i, struct walk *walk)
{
	struct hlist_node *node = walk->node;

	if (!node)
		return 1;
	write_info(walk->seq, (void *)node - bpf_core_field_offset(struct fib_info, fib_hash),
		walk->net);
	walk->node = BPF_CORE_READ(node, next);
	return 0;
}

static long walk_bucket(__u32 i, struct walk *walk)
{
	struct hlist_head *bucket = walk->buckets + i; /* one pointer of fixed size */

	walk->node = BPF_CORE_READ(bucket, first);
	if (walk->node)
		bpf_loop(CHAIN_MAX, walk_node, walk, 0);
	return 0;
}

/* Before Linux 6.15: the table of all namespaces, variables in net/ipv4/fib_semantics.c. */
extern const void fib_info_hash __ksym __weak;
extern const void fib_info_hash_size __ksym __weak;

static __u32 find_table(struct net *net, struct hlist_head **buckets)
{
	__u32 bits, size = 0;

	if (bpf_core_field_exists(net->ipv4.fib_info_hash)) {
		*buckets = BPF_CORE_READ(net, ipv4.fib_info_hash);
		bits = BPF_CORE_READ(net, ipv4.fib_info_hash_bits);
		return bits <= BITS_MAX ? 1 << bits : 0;
	}
	if (!&fib_info_hash || !&fib_info_hash_size)
		return 0;
	bpf_probe_read_kernel(buckets, sizeof(*buckets), &fib_info_hash);
	bpf_probe_read_kernel(&size, sizeof(size), &fib_info_hash_size);
	return size <= 1 << BITS_MAX ? size : 0;
}

/* Does the work once, at the iterator's final call after all sockets. */
SEC("iter/netlink")
int lun_lwt4(struct bpf_iter__netlink *ctx)
{
	struct walk walk = { .seq = ctx->meta->seq };
	struct task_struct *task;
	__u32 n;

	if (ctx->sk)
		return 0;
	task = (void *)bpf_get_current_task();
	walk.net = BPF_CORE_READ(task, nsproxy, net_ns);
	n = find_table(walk.net, &walk.buckets);
	if (walk.buckets && n)
		bpf_loop(n, walk_bucket, &walk, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
