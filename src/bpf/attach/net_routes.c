/*
 * Routes with a program: LWT_BPF and SRv6's End.BPF. For LWT_BPF netlink reports only a name, so a
 * probe of ours finds the program.
 */
#include <linux/lwtunnel.h>
#include <linux/nexthop.h>
#include <linux/seg6_local.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf/attach/route_progs.h"
#include "bpf/attach/net_scan.h"

static uint16_t u16(const struct rtattr *attr)
{
	uint16_t value = 0;

	if (attr && RTA_PAYLOAD(attr) >= sizeof(value))
		memcpy(&value, RTA_DATA(attr), sizeof(value));
	return value;
}

static void copy_address(uint8_t to[16], const struct rtattr *attr)
{
	memset(to, 0, 16);
	if (attr)
		memcpy(to, RTA_DATA(attr), RTA_PAYLOAD(attr) < 16 ? RTA_PAYLOAD(attr) : 16);
}

static void add(struct lun_net_scan *scan, struct lun_net_prog *row, const char *mode,
	const struct rtattr *name)
{
	row->mode = mode;
	lun_netlink_text(row->name, sizeof(row->name), name);
	lun_out_mem(scan->rows, row, sizeof(*row));
}

static void add_encap(struct lun_net_scan *scan, const struct lun_net_prog *base, uint16_t type,
	const struct rtattr *encap)
{
	static const char *const modes[] = {
		[LWT_BPF_IN] = "in", [LWT_BPF_OUT] = "out", [LWT_BPF_XMIT] = "xmit"
	};
	struct lun_net_prog row = *base;
	const struct rtattr *prog;

	for (int i = LWT_BPF_IN; type == LWTUNNEL_ENCAP_BPF && i <= LWT_BPF_XMIT; i++) {
		prog = lun_netlink_in(encap, i);
		if (prog)
			add(scan, &row, modes[i], lun_netlink_in(prog, LWT_BPF_PROG_NAME));
	}
	prog = type == LWTUNNEL_ENCAP_SEG6_LOCAL ? lun_netlink_in(encap, SEG6_LOCAL_BPF) : NULL;
	row.prog_id = lun_netlink_u32(lun_netlink_in(prog, SEG6_LOCAL_BPF_PROG));
	if (row.prog_id)
		add(scan, &row, "seg6local", lun_netlink_in(prog, SEG6_LOCAL_BPF_PROG_NAME));
}

static void add_hops(
	struct lun_net_scan *scan, const struct lun_net_prog *base, const struct rtattr *hops)
{
	const struct rtnexthop *hop = RTA_DATA(hops);
	int left = (int)RTA_PAYLOAD(hops);
	struct lun_net_prog row;
	const struct rtattr *attrs;
	size_t len;

	for (; RTNH_OK(hop, left); left -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		attrs = RTNH_DATA(hop);
		len = hop->rtnh_len - RTNH_LENGTH(0);
		row = *base;
		lun_net_set_interface(scan, &row, (uint32_t)hop->rtnh_ifindex);
		copy_address(row.gateway, lun_netlink_attr(attrs, len, RTA_GATEWAY));
		add_encap(scan, &row, u16(lun_netlink_attr(attrs, len, RTA_ENCAP_TYPE)),
			lun_netlink_attr(attrs, len, RTA_ENCAP));
	}
}

static void on_route(void *ctx, const void *head, const struct rtattr *attrs, size_t len)
{
	const struct rtattr *hops = lun_netlink_attr(attrs, len, RTA_MULTIPATH);
	const struct rtattr *encap = lun_netlink_attr(attrs, len, RTA_ENCAP);
	const struct rtattr *table = lun_netlink_attr(attrs, len, RTA_TABLE);
	const struct rtmsg *route = head;
	struct lun_net_scan *scan = ctx;
	struct lun_net_prog row = scan->base;

	if (!encap && !hops)
		return;
	row.kind = LUN_NET_ROUTE;
	row.family = route->rtm_family;
	row.dst_len = route->rtm_dst_len;
	copy_address(row.dst, lun_netlink_attr(attrs, len, RTA_DST));
	copy_address(row.gateway, lun_netlink_attr(attrs, len, RTA_GATEWAY));
	row.table = table ? lun_netlink_u32(table) : route->rtm_table;
	row.metric = lun_netlink_u32(lun_netlink_attr(attrs, len, RTA_PRIORITY));
	row.nexthop = lun_netlink_u32(lun_netlink_attr(attrs, len, RTA_NH_ID));
	lun_net_set_interface(scan, &row, lun_netlink_u32(lun_netlink_attr(attrs, len, RTA_OIF)));
	if (encap)
		add_encap(scan, &row, u16(lun_netlink_attr(attrs, len, RTA_ENCAP_TYPE)), encap);
	if (hops)
		add_hops(scan, &row, hops);
}

static bool is_told(const struct lun_net_scan *scan, uint32_t nexthop)
{
	size_t n;
	const struct lun_net_prog *rows = lun_net_rows(scan, &n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].kind == LUN_NET_ROUTE && rows[i].nexthop == nexthop)
			return true;
	return false;
}

/* Adds a next hop object that no route uses yet. */
static void on_nexthop(void *ctx, const void *head, const struct rtattr *attrs, size_t len)
{
	const struct rtattr *encap = lun_netlink_attr(attrs, len, NHA_ENCAP);
	const struct nhmsg *hop = head;
	struct lun_net_scan *scan = ctx;
	struct lun_net_prog row = scan->base;

	row.kind = LUN_NET_ROUTE;
	row.family = hop->nh_family;
	row.nexthop = lun_netlink_u32(lun_netlink_attr(attrs, len, NHA_ID));
	if (!encap || is_told(scan, row.nexthop))
		return;
	copy_address(row.gateway, lun_netlink_attr(attrs, len, NHA_GATEWAY));
	lun_net_set_interface(scan, &row, lun_netlink_u32(lun_netlink_attr(attrs, len, NHA_OIF)));
	add_encap(scan, &row, u16(lun_netlink_attr(attrs, len, NHA_ENCAP_TYPE)), encap);
}

static void dump_routes(struct lun_net_scan *scan, unsigned char family)
{
	struct rtmsg route = { .rtm_family = family };
	struct lun_netlink_question question = { RTM_GETROUTE, &route, sizeof(route),
		sizeof(route) };

	lun_net_dump(scan, "routes", &question, on_route);
}

static bool is_of(const struct lun_net_prog *row, const struct lun_lwt_record *lwt)
{
	if (row->family != lwt->family || row->ifindex != lwt->ifindex ||
		row->metric != lwt->metric || memcmp(row->gateway, lwt->gateway, 16) ||
		strcmp(row->mode, lun_route_mode(lwt->mode)) || strcmp(row->name, lwt->name))
		return false;
	return lwt->family == AF_INET ||
		(row->table == lwt->table && row->dst_len == lwt->dst_len &&
			!memcmp(row->dst, lwt->dst, 16));
}

/* Finds the programs' ids: the kernel's record of the same interface, gateway, metric and name. */
static void find_programs(struct lun_net_scan *scan)
{
	size_t n;
	struct lun_net_prog *rows = lun_net_rows(scan, &n);
	const struct lun_lwt_record *lwt;
	struct lun_out found;

	lun_out_init(&found);
	lun_net_miss(scan, "the programs of routes", lun_route_progs(&found));
	lwt = (void *)found.data;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < found.len / sizeof(*lwt); j++)
			if (rows[i].kind == LUN_NET_ROUTE && !rows[i].prog_id &&
				is_of(&rows[i], &lwt[j]))
				rows[i].prog_id = lwt[j].prog_id;
	lun_out_free(&found);
}

static bool any_unknown(const struct lun_net_scan *scan)
{
	size_t n;
	const struct lun_net_prog *rows = lun_net_rows(scan, &n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].kind == LUN_NET_ROUTE && !rows[i].prog_id)
			return true;
	return false;
}

void lun_net_routes(struct lun_net_scan *scan)
{
	struct nhmsg hop = { .nh_family = AF_UNSPEC };
	struct lun_netlink_question question = { RTM_GETNEXTHOP, &hop, sizeof(hop), sizeof(hop) };

	lun_net_set_interface(scan, &scan->base, 0);
	dump_routes(scan, AF_INET);
	dump_routes(scan, AF_INET6);
	lun_net_dump(scan, "next hops", &question, on_nexthop);
	if (any_unknown(scan))
		find_programs(scan);
}
