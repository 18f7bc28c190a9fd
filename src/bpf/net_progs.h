#pragma once
/*
 * Programs on the network: XDP, traffic control (filters, tcx, netkit) on every interface,
 * flow dissectors and socket lookup, in every network namespace.
 */
#include <stdint.h>

#include "text/out.h"

enum lun_net_kind { LUN_NET_XDP, LUN_NET_TC, LUN_NET_TCX, LUN_NET_NETKIT, LUN_NET_NS };

struct lun_net_prog {
	enum lun_net_kind kind;
	uint64_t netns_ino;
	char netns_path[256];
	uint32_t prog_id;
	uint32_t ifindex; /* 0: on the namespace itself */
	char ifname[16];
	const char
		*mode; /* XDP: "driver", "generic", "offload"; TC: "ingress", "egress", "qdisc" */
	uint32_t attach_type; /* of those that have one: tcx, netkit, the namespace's */
	/* a TC filter's */
	uint32_t parent;
	uint32_t handle;
	uint32_t chain;
	uint32_t priority;
	uint16_t protocol; /* as in an Ethernet header: 0x0800, 3 for all */
	uint8_t direct_action;
	char name[64];
};

/* Appends struct lun_net_prog's. 0 or -errno. */
int lun_net_progs(struct lun_out *rows);
