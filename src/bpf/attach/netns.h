#pragma once
/*
 * The network namespaces of the machine: of its processes and their threads, those that a mount
 * in any mount namespace keeps, and those that a process holds open.
 */
#include <stdint.h>

#include "text/out.h"

struct lun_netns {
	uint64_t ino;
	char path[256]; /* a name first: /run/netns/NAME, /proc/PID/ns/net, /proc/PID/fd/N */
};

/* Appends struct lun_netns', ours first; 0 or -errno. */
int lun_netns_list(struct lun_out *out);

/*
 * Calls `visit` within each namespace, on a thread of its own, so that the caller's never
 * leaves its namespace. What can't be entered (it is gone, we may not) is left out. Stops
 * at the first negative return and returns it.
 */
int lun_netns_each(int (*visit)(void *ctx, const struct lun_netns *ns, int fd), void *ctx);
