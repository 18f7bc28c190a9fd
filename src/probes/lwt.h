#pragma once
/* A record of the iterators in lwt.bpf.c: one a program on a route's next hop. */

enum { LUN_LWT_IN, LUN_LWT_OUT, LUN_LWT_XMIT };

struct lun_lwt_record {
	unsigned int prog_id;
	unsigned int ifindex;
	unsigned int metric;
	unsigned int table; /* IPv6 only, with dst: IPv4's next hops are shared between routes */
	unsigned char family;
	unsigned char mode;
	unsigned char dst_len;
	unsigned char dst[16];
	unsigned char gateway[16];
	char name[65];
};
