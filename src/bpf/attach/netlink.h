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

/* Gets an answer's fixed header, and the attributes after it. */
typedef void (*lun_netlink_fn)(
	void *ctx, const void *head, const struct rtattr *attrs, size_t attrs_len);

struct lun_netlink_question {
	int type;         /* RTM_GETLINK */
	const void *body; /* a fixed header, and perhaps attributes */
	size_t size;
	size_t head; /* bytes of the answers' fixed header */
};

/* Asks for a dump, and calls `message` with each answer. 0 or -errno. */
int lun_netlink_dump(struct lun_netlink *nl, const struct lun_netlink_question *question,
	lun_netlink_fn message, void *ctx);

/* The attribute of that type, or NULL. */
const struct rtattr *lun_netlink_attr(const struct rtattr *attrs, size_t len, int type);
/* The one of that type within a nested attribute, which may be NULL. */
const struct rtattr *lun_netlink_in(const struct rtattr *nest, int type);
/* A number in an attribute, 0 when it is missing or too short. */
unsigned int lun_netlink_u32(const struct rtattr *attr);
/* Text in an attribute, cut to fit; "" when it is missing. */
void lun_netlink_text(char *to, size_t size, const struct rtattr *attr);
