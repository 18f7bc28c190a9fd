#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf/attach/net_scan.h"
#include "bpf/attach/netns.h"
#include "bpf/object/iter_read.h"

/* Newer than the headers. */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47, NETKIT_PRIMARY = 54, NETKIT_PEER = 55 };
enum { PROGS_MAX = 64 };

struct lun_net_prog *lun_net_rows(const struct lun_net_scan *scan, size_t *n)
{
	*n = (scan->rows->len - scan->first) / sizeof(struct lun_net_prog);
	return *n ? (void *)(scan->rows->data + scan->first) : NULL;
}

void lun_net_miss(struct lun_net_scan *scan, const char *what, int err)
{
	if (!err || scan->missed.err)
		return;
	scan->missed.what = what;
	scan->missed.err = err;
}

void lun_net_dump(struct lun_net_scan *scan, const char *what,
	const struct lun_netlink_question *question, lun_netlink_fn message)
{
	int err = lun_netlink_dump(&scan->nl, question, message, scan);

	if (lun_iter_may_retry(err) || err == -ENOBUFS)
		lun_net_miss(scan, what, err);
}

void lun_net_add(struct lun_net_scan *scan, const struct lun_net_prog *row)
{
	if (row->prog_id)
		lun_out_mem(scan->rows, row, sizeof(*row));
}

void lun_net_set_interface(
	const struct lun_net_scan *scan, struct lun_net_prog *row, uint32_t ifindex)
{
	const struct lun_net_interface *list = (void *)scan->interfaces.data;
	size_t n = scan->interfaces.len / sizeof(*list);

	row->ifindex = ifindex;
	memset(row->ifname, 0, sizeof(row->ifname));
	for (size_t i = 0; i < n; i++)
		if (list[i].ifindex == ifindex)
			memcpy(row->ifname, list[i].name, sizeof(row->ifname));
}

/* Since Linux 4.18 the kernel reports one program per mode. */
static void add_xdp(struct lun_net_scan *scan, const struct rtattr *xdp)
{
	static const struct {
		int attr;
		const char *mode;
	} modes[] = {
		{ IFLA_XDP_DRV_PROG_ID, "driver" },
		{ IFLA_XDP_SKB_PROG_ID, "generic" },
		{ IFLA_XDP_HW_PROG_ID, "offload" },
	};
	struct lun_net_prog row = scan->base;

	row.kind = LUN_NET_XDP;
	for (size_t i = 0; xdp && i < sizeof(modes) / sizeof(modes[0]); i++) {
		row.mode = modes[i].mode;
		row.prog_id = lun_netlink_u32(
			lun_netlink_attr(RTA_DATA(xdp), RTA_PAYLOAD(xdp), modes[i].attr));
		lun_net_add(scan, &row);
	}
}

static void on_link(void *ctx, const void *body, const struct rtattr *attrs, size_t len)
{
	const struct ifinfomsg *info = body;
	struct lun_net_interface interface = {
		.ifindex = (uint32_t)info->ifi_index,
		.peer = lun_netlink_u32(lun_netlink_attr(attrs, len, IFLA_LINK)),
	};
	struct lun_net_scan *scan = ctx;

	lun_netlink_text(
		interface.name, sizeof(interface.name), lun_netlink_attr(attrs, len, IFLA_IFNAME));
	lun_out_mem(&scan->interfaces, &interface, sizeof(interface));
	scan->base.ifindex = interface.ifindex;
	memcpy(scan->base.ifname, interface.name, sizeof(interface.name));
	add_xdp(scan, lun_netlink_attr(attrs, len, IFLA_XDP));
}

/* Adds the programs that BPF_PROG_QUERY reports for a target. False when the kernel does not know
 * the query. */
static bool query(struct lun_net_scan *scan, enum lun_net_kind kind, int target, uint32_t type)
{
	struct lun_net_prog row = scan->base;
	uint32_t progs[PROGS_MAX], n = PROGS_MAX, flags = 0;

	if (bpf_prog_query(target, type, 0, &flags, progs, &n)) {
		if (errno != ENOSPC)
			return errno != EINVAL && errno != ENOTSUP;
		n = PROGS_MAX;
	}
	row.kind = kind;
	row.attach_type = type;
	row.mode = NULL;
	for (uint32_t i = 0; i < n; i++) {
		row.prog_id = progs[i];
		lun_net_add(scan, &row);
	}
	return true;
}

static void query_interface(struct lun_net_scan *scan, uint32_t peer)
{
	int ifindex = (int)scan->base.ifindex;

	if (!scan->no_tcx)
		scan->no_tcx = !query(scan, LUN_NET_TCX, ifindex, TCX_INGRESS) ||
			!query(scan, LUN_NET_TCX, ifindex, TCX_EGRESS);
	if (scan->no_netkit)
		return;
	scan->no_netkit = !query(scan, LUN_NET_NETKIT, ifindex, NETKIT_PRIMARY);
	/* The peer's programs are queried through the primary device; links report the peer's own
	 * ifindex. */
	scan->base.peer = peer;
	scan->no_netkit |= !query(scan, LUN_NET_NETKIT, ifindex, NETKIT_PEER);
	scan->base.peer = 0;
}

static void query_interfaces(struct lun_net_scan *scan)
{
	const struct lun_net_interface *list = (void *)scan->interfaces.data;
	size_t n = scan->interfaces.len / sizeof(*list);

	for (size_t i = 0; i < n; i++) {
		lun_net_set_interface(scan, &scan->base, list[i].ifindex);
		query_interface(scan, list[i].peer);
	}
}

/* An error of one dump does not stop the others: a kernel without traffic control still has XDP. */
static void scan_namespace(struct lun_net_scan *scan, int fd)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct lun_netlink_question question = { RTM_GETLINK, &link, sizeof(link), sizeof(link) };

	query(scan, LUN_NET_NS, fd, BPF_FLOW_DISSECTOR);
	query(scan, LUN_NET_NS, fd, BPF_SK_LOOKUP);
	lun_net_dump(scan, "interfaces", &question, on_link);
	query_interfaces(scan);
	lun_net_tc(scan);
	if (scan->routes)
		lun_net_routes(scan);
}

static int visit(void *ctx, const struct lun_netns *ns, int fd)
{
	struct lun_net_scan *scan = ctx;
	int err = lun_netlink_open(&scan->nl);

	if (err)
		return err;
	memset(&scan->base, 0, sizeof(scan->base));
	scan->base.netns_ino = ns->ino;
	memcpy(scan->base.netns_path, ns->path, sizeof(ns->path));
	scan->first = scan->rows->len;
	lun_out_reset(&scan->interfaces);
	scan_namespace(scan, fd);
	lun_netlink_close(&scan->nl);
	return scan->rows->err;
}

int lun_net_progs(bool routes, struct lun_out *rows, struct lun_net_missed *missed)
{
	struct lun_net_scan *scan = calloc(1, sizeof(*scan));
	int err;

	if (!scan)
		return -ENOMEM;
	scan->rows = rows;
	scan->routes = routes;
	lun_out_init(&scan->interfaces);
	lun_out_init(&scan->places);
	err = lun_netns_each(visit, scan);
	lun_out_free(&scan->interfaces);
	lun_out_free(&scan->places);
	*missed = scan->missed;
	free(scan);
	return err;
}
