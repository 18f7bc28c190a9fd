#pragma once
/* One scan of one network namespace: shared by the parts of net_progs.h. */
#include "bpf/attach/net_progs.h"
#include "bpf/attach/netlink.h"

struct lun_net_interface {
	uint32_t ifindex;
	uint32_t peer; /* the number of the interface behind it, maybe in another namespace; or 0 */
	char name[16];
};

struct lun_net_scan {
	struct lun_out *rows;
	struct lun_netlink nl;
	struct lun_net_prog base;  /* the namespace, and the interface that is looked at */
	struct lun_out interfaces; /* struct lun_net_interface's */
	struct lun_out places;     /* where filters may be: net_tc.c's own */
	size_t first;              /* byte in rows where this namespace's begin */
	bool no_tcx, no_netkit;    /* the kernel does not know them */
	bool routes;               /* scan routes, too */
	struct lun_net_missed missed;
};

/* Notes the first thing that could not be read, and the error; 0 is none. */
void lun_net_miss(struct lun_net_scan *scan, const char *what, int err);
/* Asks by netlink. A kernel that doesn't know the question has no such programs: no error. */
void lun_net_dump(struct lun_net_scan *scan, const char *what,
	const struct lun_netlink_question *question, lun_netlink_fn message);
/* The rows of this namespace so far, NULL before the first. */
struct lun_net_prog *lun_net_rows(const struct lun_net_scan *scan, size_t *n);
/* Adds a row if it has a program. */
void lun_net_add(struct lun_net_scan *scan, const struct lun_net_prog *row);
/* Sets the row's interface and its name. */
void lun_net_set_interface(
	const struct lun_net_scan *scan, struct lun_net_prog *row, uint32_t ifindex);

/* Filters on every queueing discipline and class, and actions. */
void lun_net_tc(struct lun_net_scan *scan);
/* Callbacks: add the programs of a filter, or of an answer about actions. */
void lun_net_filter(void *scan, const void *head, const struct rtattr *attrs, size_t len);
void lun_net_actions(void *scan, const void *head, const struct rtattr *attrs, size_t len);

void lun_net_routes(struct lun_net_scan *scan);
