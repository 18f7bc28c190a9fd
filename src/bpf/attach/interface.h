#pragma once
/* Network interfaces by number, in whichever network namespace they are. */
#include <net/if.h>
#include <stdint.h>

#include "bpf/attach/netns.h"

struct lun_interface {
	char name[IF_NAMESIZE]; /* "" when the namespace has no such interface */
	struct lun_netns netns; /* its path "" when the namespace can't be reached */
};

/* Looks for the interface in the namespace of that inode. 0 or -errno. */
int lun_interface_find(uint32_t ifindex, uint64_t netns, struct lun_interface *found);
