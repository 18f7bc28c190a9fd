#pragma once
/*
 * Programs on the network: XDP, traffic control (filters, their actions, tcx, netkit) on every
 * interface, on routes (lightweight tunnels), flow dissectors and socket lookup, in every network
 * namespace.
 */
#include <stdbool.h>
#include <stdint.h>

#include "text/out.h"

enum lun_net_kind {
	LUN_NET_XDP,
	LUN_NET_TC,
	LUN_NET_TCX,
	LUN_NET_NETKIT,
	LUN_NET_NS,
	LUN_NET_ACTION, /* an action, of a filter or (without a classifier) by itself */
	LUN_NET_ROUTE,
};

struct lun_net_prog {
	enum lun_net_kind kind;
	uint64_t netns_ino;
	char netns_path[256];
	uint32_t prog_id; /* 0 on a route whose kernel tells only the name */
	uint32_t ifindex; /* 0: on the namespace itself */
	char ifname[16];
	uint32_t peer; /* netkit, at the peer: the peer's number in its own namespace */
	/* XDP: "driver", "generic", "offload"; TC: "ingress", "egress", "qdisc", "class", "block";
	 * a route: "in", "out", "xmit", "seg6local" */
	const char *mode;
	uint32_t attach_type; /* tcx, netkit and namespace programs only */
	/* a TC filter's, and of the one that an action belongs to */
	uint32_t parent;
	uint32_t handle;
	uint32_t chain;
	uint32_t priority;
	uint32_t block;    /* of a filter on a block that interfaces share */
	uint16_t protocol; /* as in an Ethernet header: 0x0800, 3 for all */
	uint8_t direct_action;
	char name[64];
	char classifier[16];
	uint32_t index; /* an action's */
	/* a route's */
	uint8_t family;  /* AF_INET, AF_INET6 */
	uint8_t dst_len; /* bits of dst, 0 for the default route */
	uint8_t dst[16];
	uint8_t gateway[16];
	uint32_t table;
	uint32_t metric;
	uint32_t nexthop; /* id of the next hop object that has the program, 0 for none */
};

/* The first part of a scan that could not be read; err 0 when all was. */
struct lun_net_missed {
	const char *what;
	int err;
};

/* Appends struct lun_net_prog's. `routes` adds programs on routes; slow on machines with many
 * routes. 0 or -errno; what else could not be read is in `missed`. */
int lun_net_progs(bool routes, struct lun_out *rows, struct lun_net_missed *missed);
