#pragma once
/*
 * Which programs are on routes: netlink tells only a name, which the maker of the route chose.
 * By iterators of ours, which stay loaded for the next time.
 */
#include "probes/lwt.h"
#include "text/out.h"

/* Appends the struct lun_lwt_record's of the thread's network namespace. 0 or -errno. */
int lun_route_progs(struct lun_out *out);
/* "in", "out", "xmit" */
const char *lun_route_mode(unsigned int mode);
