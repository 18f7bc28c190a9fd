#include "bpf/attach/interface.h"

#include <errno.h>
#include <string.h>

struct search {
	uint32_t ifindex;
	uint64_t netns;
	struct lun_interface *found;
};

static int look(void *ctx, const struct lun_netns *ns, int fd)
{
	struct search *search = ctx;

	(void)fd;
	if (ns->ino != search->netns)
		return 0;
	search->found->netns = *ns;
	if (!if_indextoname(search->ifindex, search->found->name))
		search->found->name[0] = 0;
	return -EEXIST; // enough
}

int lun_interface_find(uint32_t ifindex, uint64_t netns, struct lun_interface *found)
{
	struct search search = { ifindex, netns, found };
	int err;

	memset(found, 0, sizeof(*found));
	err = lun_netns_each(look, &search);
	return err == -EEXIST ? 0 : err;
}
