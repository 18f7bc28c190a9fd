#pragma once
/* Dumps over a route netlink socket, in the network namespace that the thread is in. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>

struct lun_netlink {
	int fd;
	unsigned int seq;
	char buffer[32768];
};

/* 0 or -errno; close it in any case. */
int lun_netlink_open(struct lun_netlink *nl);
void lun_netlink_close(struct lun_netlink *nl);

/*
 * Asks for a dump and calls `message` with each answer's payload (after its fixed header of
 * `body_size` bytes come `attrs_len` bytes of attributes). 0 or -errno.
 */
int lun_netlink_dump(struct lun_netlink *nl, int type, const void *body, size_t body_size,
	void (*message)(void *ctx, const void *body, const struct rtattr *attrs, size_t attrs_len),
	void *ctx);

/* The attribute of that type, or NULL. */
const struct rtattr *lun_netlink_attr(const struct rtattr *attrs, size_t len, int type);
/* A number in an attribute, 0 when it is missing or too short. */
unsigned int lun_netlink_u32(const struct rtattr *attr);
