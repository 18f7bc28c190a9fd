#include "bpf/net_progs.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/netlink.h"
#include "bpf/netns.h"

/* Newer than the headers. */
enum { TCX_INGRESS = 46, TCX_EGRESS = 47, NETKIT_PRIMARY = 54, NETKIT_PEER = 55 };
enum { PROGS_MAX = 64 };

struct interface {
	uint32_t ifindex;
	char name[16];
};

struct qdisc {
	uint32_t ifindex;
	uint32_t handle;
	char kind[16];
};

struct scan {
	struct lun_out *rows;
	struct lun_netlink nl;
	struct lun_net_prog base;  /* the namespace, and the interface that is looked at */
	struct lun_out interfaces; /* struct interface's */
	struct lun_out qdiscs;     /* struct qdisc's */
	bool no_tcx, no_netkit;    /* the kernel does not know them */
};

static void copy_text(char *to, size_t size, const struct rtattr *attr)
{
	size_t len = attr ? strnlen(RTA_DATA(attr), RTA_PAYLOAD(attr)) : 0;

	if (len >= size)
		len = size - 1;
	memset(to, 0, size);
	if (len)
		memcpy(to, RTA_DATA(attr), len);
}

static void add(struct scan *scan, const struct lun_net_prog *row)
{
	if (row->prog_id)
		lun_out_mem(scan->rows, row, sizeof(*row));
}

/* Since Linux 4.18 each mode tells its own program. */
static void add_xdp(struct scan *scan, const struct rtattr *xdp)
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
		add(scan, &row);
	}
}

static void on_link(void *ctx, const void *body, const struct rtattr *attrs, size_t len)
{
	const struct ifinfomsg *info = body;
	struct interface interface = { .ifindex = (uint32_t)info->ifi_index };
	struct scan *scan = ctx;

	copy_text(
		interface.name, sizeof(interface.name), lun_netlink_attr(attrs, len, IFLA_IFNAME));
	lun_out_mem(&scan->interfaces, &interface, sizeof(interface));
	scan->base.ifindex = interface.ifindex;
	memcpy(scan->base.ifname, interface.name, sizeof(interface.name));
	add_xdp(scan, lun_netlink_attr(attrs, len, IFLA_XDP));
}

static void on_qdisc(void *ctx, const void *body, const struct rtattr *attrs, size_t len)
{
	const struct tcmsg *tc = body;
	struct qdisc qdisc = { .ifindex = (uint32_t)tc->tcm_ifindex, .handle = tc->tcm_handle };
	struct scan *scan = ctx;

	copy_text(qdisc.kind, sizeof(qdisc.kind), lun_netlink_attr(attrs, len, TCA_KIND));
	if (qdisc.handle)
		lun_out_mem(&scan->qdiscs, &qdisc, sizeof(qdisc));
}

static void on_filter(void *ctx, const void *body, const struct rtattr *attrs, size_t len)
{
	const struct rtattr *kind = lun_netlink_attr(attrs, len, TCA_KIND);
	const struct rtattr *options = lun_netlink_attr(attrs, len, TCA_OPTIONS);
	const struct tcmsg *tc = body;
	struct scan *scan = ctx;
	struct lun_net_prog row = scan->base;
	const struct rtattr *nested;
	size_t size;

	if (!kind || !options || RTA_PAYLOAD(kind) < 4 || strcmp(RTA_DATA(kind), "bpf"))
		return;
	nested = RTA_DATA(options);
	size = RTA_PAYLOAD(options);
	row.kind = LUN_NET_TC;
	row.parent = tc->tcm_parent;
	row.handle = tc->tcm_handle;
	row.priority = TC_H_MAJ(tc->tcm_info) >> 16;
	row.protocol = ntohs((uint16_t)TC_H_MIN(tc->tcm_info));
	row.chain = lun_netlink_u32(lun_netlink_attr(attrs, len, TCA_CHAIN));
	row.prog_id = lun_netlink_u32(lun_netlink_attr(nested, size, TCA_BPF_ID));
	row.direct_action = lun_netlink_u32(lun_netlink_attr(nested, size, TCA_BPF_FLAGS)) &
		TCA_BPF_FLAG_ACT_DIRECT;
	copy_text(row.name, sizeof(row.name), lun_netlink_attr(nested, size, TCA_BPF_NAME));
	add(scan, &row);
}

static void dump_filters(struct scan *scan, uint32_t parent, const char *mode)
{
	struct tcmsg tc = { .tcm_family = AF_UNSPEC };

	tc.tcm_ifindex = (int)scan->base.ifindex;
	tc.tcm_parent = parent;
	scan->base.mode = mode;
	lun_netlink_dump(&scan->nl, RTM_GETTFILTER, &tc, sizeof(tc), on_filter, scan);
}

static void scan_qdisc(struct scan *scan, const struct qdisc *qdisc)
{
	if (!strcmp(qdisc->kind, "clsact")) {
		dump_filters(scan, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), "ingress");
		dump_filters(scan, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), "egress");
	} else if (!strcmp(qdisc->kind, "ingress")) {
		dump_filters(scan, TC_H_MAJ(TC_H_INGRESS), "ingress");
	} else {
		dump_filters(scan, qdisc->handle, "qdisc");
	}
}

/* What BPF_PROG_QUERY tells of a target; whether the kernel knows the question. */
static bool query(struct scan *scan, enum lun_net_kind kind, int target, uint32_t type)
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
		add(scan, &row);
	}
	return true;
}

static void query_interface(struct scan *scan)
{
	int ifindex = (int)scan->base.ifindex;

	if (!scan->no_tcx)
		scan->no_tcx = !query(scan, LUN_NET_TCX, ifindex, TCX_INGRESS) ||
			!query(scan, LUN_NET_TCX, ifindex, TCX_EGRESS);
	if (!scan->no_netkit)
		scan->no_netkit = !query(scan, LUN_NET_NETKIT, ifindex, NETKIT_PRIMARY) ||
			!query(scan, LUN_NET_NETKIT, ifindex, NETKIT_PEER);
}

static void scan_interfaces(struct scan *scan)
{
	const struct interface *list = (void *)scan->interfaces.data;
	const struct qdisc *qdiscs = (void *)scan->qdiscs.data;
	size_t n = scan->interfaces.len / sizeof(*list);
	size_t m = scan->qdiscs.len / sizeof(*qdiscs);

	for (size_t i = 0; i < n; i++) {
		scan->base.ifindex = list[i].ifindex;
		memcpy(scan->base.ifname, list[i].name, sizeof(list[i].name));
		query_interface(scan);
		for (size_t j = 0; j < m; j++)
			if (qdiscs[j].ifindex == list[i].ifindex)
				scan_qdisc(scan, &qdiscs[j]);
	}
}

/* What one dump refuses stops no other: a kernel without traffic control still has XDP. */
static void scan_namespace(struct scan *scan, int fd)
{
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct tcmsg tc = { .tcm_family = AF_UNSPEC };

	query(scan, LUN_NET_NS, fd, BPF_FLOW_DISSECTOR);
	query(scan, LUN_NET_NS, fd, BPF_SK_LOOKUP);
	lun_netlink_dump(&scan->nl, RTM_GETLINK, &link, sizeof(link), on_link, scan);
	lun_netlink_dump(&scan->nl, RTM_GETQDISC, &tc, sizeof(tc), on_qdisc, scan);
	scan_interfaces(scan);
}

static int visit(void *ctx, const struct lun_netns *ns, int fd)
{
	struct scan *scan = ctx;
	int err = lun_netlink_open(&scan->nl);

	if (err)
		return err;
	memset(&scan->base, 0, sizeof(scan->base));
	scan->base.netns_ino = ns->ino;
	memcpy(scan->base.netns_path, ns->path, sizeof(ns->path));
	lun_out_reset(&scan->interfaces);
	lun_out_reset(&scan->qdiscs);
	scan_namespace(scan, fd);
	lun_netlink_close(&scan->nl);
	return scan->rows->err;
}

int lun_net_progs(struct lun_out *rows)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	int err;

	if (!scan)
		return -ENOMEM;
	scan->rows = rows;
	lun_out_init(&scan->interfaces);
	lun_out_init(&scan->qdiscs);
	err = lun_netns_each(visit, scan);
	lun_out_free(&scan->interfaces);
	lun_out_free(&scan->qdiscs);
	free(scan);
	return err;
}
