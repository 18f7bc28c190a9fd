#pragma once
/*
 * The network namespaces of the machine: of processes and threads, kept by a mount in any mount
 * namespace, or held open by a process.
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
 * Calls `visit` within each namespace, on a separate thread, so that the caller's thread never
 * leaves its namespace. Skips namespaces that can't be entered (gone, or no permission). Stops at
 * the first negative return and returns it.
 */
int lun_netns_each(int (*visit)(void *ctx, const struct lun_netns *ns, int fd), void *ctx);
