/* Traffic control: classifiers that are BPF programs, and BPF actions of any classifier. */
#include <arpa/inet.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/tc_act/tc_bpf.h>
#include <string.h>

#include "bpf/attach/net_scan.h"

/* A queueing discipline or class. */
struct place {
	uint32_t ifindex;
	uint32_t handle;
	const char *mode;
};

/* The attribute that holds a classifier's actions. */
static const struct {
	const char *kind;
	int attr;
} classifiers[] = {
	{ "bpf", TCA_BPF_ACT },
	{ "u32", TCA_U32_ACT },
	{ "matchall", TCA_MATCHALL_ACT },
	{ "flower", TCA_FLOWER_ACT },
	{ "fw", TCA_FW_ACT },
	{ "basic", TCA_BASIC_ACT },
	{ "route", TCA_ROUTE4_ACT },
	{ "flow", TCA_FLOW_ACT },
	{ "cgroup", TCA_CGROUP_ACT },
};

static void add_action(
	struct lun_net_scan *scan, const struct lun_net_prog *base, const struct rtattr *action)
{
	const struct rtattr *kind = lun_netlink_in(action, TCA_ACT_KIND);
	const struct rtattr *options = lun_netlink_in(action, TCA_ACT_OPTIONS);
	const struct rtattr *parms = lun_netlink_in(options, TCA_ACT_BPF_PARMS);
	struct lun_net_prog row = *base;
	struct tc_act_bpf gen;

	if (!kind || RTA_PAYLOAD(kind) < 4 || strcmp(RTA_DATA(kind), "bpf"))
		return;
	memset(&gen, 0, sizeof(gen));
	if (parms && RTA_PAYLOAD(parms) >= sizeof(gen))
		memcpy(&gen, RTA_DATA(parms), sizeof(gen));
	row.kind = LUN_NET_ACTION;
	row.index = gen.index;
	row.prog_id = lun_netlink_u32(lun_netlink_in(options, TCA_ACT_BPF_ID));
	lun_netlink_text(row.name, sizeof(row.name), lun_netlink_in(options, TCA_ACT_BPF_NAME));
	lun_net_add(scan, &row);
}

static void add_actions(
	struct lun_net_scan *scan, const struct lun_net_prog *base, const struct rtattr *table)
{
	const struct rtattr *action;
	size_t left;

	if (!table)
		return;
	left = RTA_PAYLOAD(table);
	for (action = RTA_DATA(table); RTA_OK(action, left); action = RTA_NEXT(action, left))
		add_action(scan, base, action);
}

static void add_classifier(
	struct lun_net_scan *scan, const struct lun_net_prog *base, const struct rtattr *options)
{
	struct lun_net_prog row = *base;

	row.kind = LUN_NET_TC;
	row.prog_id = lun_netlink_u32(lun_netlink_in(options, TCA_BPF_ID));
	row.direct_action =
		lun_netlink_u32(lun_netlink_in(options, TCA_BPF_FLAGS)) & TCA_BPF_FLAG_ACT_DIRECT;
	lun_netlink_text(row.name, sizeof(row.name), lun_netlink_in(options, TCA_BPF_NAME));
	row.classifier[0] = 0;
	lun_net_add(scan, &row);
}

void lun_net_filter(void *ctx, const void *head, const struct rtattr *attrs, size_t len)
{
	const struct rtattr *options = lun_netlink_attr(attrs, len, TCA_OPTIONS);
	const struct tcmsg *tc = head;
	struct lun_net_scan *scan = ctx;
	struct lun_net_prog row = scan->base;

	row.handle = tc->tcm_handle;
	row.priority = TC_H_MAJ(tc->tcm_info) >> 16;
	row.protocol = ntohs((uint16_t)TC_H_MIN(tc->tcm_info));
	row.chain = lun_netlink_u32(lun_netlink_attr(attrs, len, TCA_CHAIN));
	if ((uint32_t)tc->tcm_ifindex == TCM_IFINDEX_MAGIC_BLOCK)
		row.block = tc->tcm_block_index;
	else
		row.parent = tc->tcm_parent;
	lun_netlink_text(
		row.classifier, sizeof(row.classifier), lun_netlink_attr(attrs, len, TCA_KIND));
	if (!options)
		return;
	if (!strcmp(row.classifier, "bpf"))
		add_classifier(scan, &row, options);
	for (size_t i = 0; i < sizeof(classifiers) / sizeof(classifiers[0]); i++)
		if (!strcmp(row.classifier, classifiers[i].kind))
			add_actions(scan, &row, lun_netlink_in(options, classifiers[i].attr));
}

static void dump_filters(
	struct lun_net_scan *scan, uint32_t ifindex, uint32_t parent, const char *mode)
{
	struct tcmsg tc = { .tcm_family = AF_UNSPEC };
	struct lun_netlink_question question = { RTM_GETTFILTER, &tc, sizeof(tc), sizeof(tc) };

	tc.tcm_ifindex = (int)ifindex;
	tc.tcm_parent = parent;
	lun_net_set_interface(scan, &scan->base, ifindex);
	scan->base.mode = mode;
	lun_net_dump(scan, "filters", &question, lun_net_filter);
}

static void add_place(void *ctx, const struct tcmsg *tc, uint32_t parent, const char *mode)
{
	struct place place = { (uint32_t)tc->tcm_ifindex, parent, mode };
	struct lun_net_scan *scan = ctx;

	if (parent)
		lun_out_mem(&scan->places, &place, sizeof(place));
}

static void on_qdisc(void *ctx, const void *head, const struct rtattr *attrs, size_t len)
{
	const struct tcmsg *tc = head;
	char kind[16];

	lun_netlink_text(kind, sizeof(kind), lun_netlink_attr(attrs, len, TCA_KIND));
	if (!strcmp(kind, "clsact")) {
		add_place(ctx, tc, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), "ingress");
		add_place(ctx, tc, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), "egress");
	} else if (!strcmp(kind, "ingress")) {
		add_place(ctx, tc, TC_H_MAJ(TC_H_INGRESS), "ingress");
	} else {
		add_place(ctx, tc, tc->tcm_handle, "qdisc");
	}
}

static void on_class(void *ctx, const void *head, const struct rtattr *attrs, size_t len)
{
	const struct tcmsg *tc = head;

	(void)attrs;
	(void)len;
	add_place(ctx, tc, tc->tcm_handle, "class");
}

/* Classes are dumped per interface. An interface without a qdisc has no classes. */
static void dump_classes(struct lun_net_scan *scan)
{
	const struct place *places = (void *)scan->places.data;
	size_t n = scan->places.len / sizeof(*places);
	struct tcmsg tc = { .tcm_family = AF_UNSPEC };
	struct lun_netlink_question question = { RTM_GETTCLASS, &tc, sizeof(tc), sizeof(tc) };
	uint32_t last = 0;

	for (size_t i = 0; i < n; i++) {
		places = (void *)scan->places.data; /* grows meanwhile */
		if (strcmp(places[i].mode, "qdisc") || places[i].ifindex == last)
			continue;
		last = places[i].ifindex;
		tc.tcm_ifindex = (int)last;
		lun_net_dump(scan, "classes", &question, on_class);
	}
}

static bool is_told(const struct lun_net_scan *scan, uint32_t index)
{
	size_t n;
	const struct lun_net_prog *rows = lun_net_rows(scan, &n);

	for (size_t i = 0; i < n; i++)
		if (rows[i].kind == LUN_NET_ACTION && rows[i].index == index)
			return true;
	return false;
}

/* Adds the actions that no filter has reported. */
void lun_net_actions(void *ctx, const void *head, const struct rtattr *attrs, size_t len)
{
	const struct rtattr *table = lun_netlink_attr(attrs, len, TCA_ROOT_TAB);
	struct lun_net_scan *scan = ctx;
	struct lun_out *rows = scan->rows, all;
	const struct lun_net_prog *row;

	(void)head;
	lun_out_init(&all);
	scan->rows = &all;
	add_actions(scan, &scan->base, table);
	scan->rows = rows;
	row = (void *)all.data;
	for (size_t i = 0; i < all.len / sizeof(*row); i++)
		if (!is_told(scan, row[i].index))
			lun_net_add(scan, &row[i]);
	lun_out_free(&all);
}

static void dump_actions(struct lun_net_scan *scan)
{
	struct {
		struct tcamsg head;
		struct rtattr table, action, kind;
		char name[4];
	} tca = {
		.table = { 2 * sizeof(struct rtattr) + 8, TCA_ROOT_TAB },
		.action = { sizeof(struct rtattr) + 8, 1 },
		.kind = { 8, TCA_ACT_KIND },
		.name = "bpf",
	};
	struct lun_netlink_question question = { RTM_GETACTION, &tca, sizeof(tca),
		sizeof(tca.head) };

	lun_net_set_interface(scan, &scan->base, 0);
	scan->base.mode = NULL;
	lun_net_dump(scan, "actions", &question, lun_net_actions);
}

void lun_net_tc(struct lun_net_scan *scan)
{
	struct tcmsg tc = { .tcm_family = AF_UNSPEC };
	struct lun_netlink_question question = { RTM_GETQDISC, &tc, sizeof(tc), sizeof(tc) };
	const struct place *places;

	lun_out_reset(&scan->places);
	lun_net_dump(scan, "queueing disciplines", &question, on_qdisc);
	dump_classes(scan);
	places = (void *)scan->places.data;
	for (size_t i = 0; i < scan->places.len / sizeof(*places); i++)
		dump_filters(scan, places[i].ifindex, places[i].handle, places[i].mode);
	dump_actions(scan);
}
