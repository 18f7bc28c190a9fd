#include "bpf/attach/route_progs.h"

#include <errno.h>

#include "bpf/object/iter_read.h"
#include "probes/lwt.skel.h"

static struct lun_lwt probe;

/* Before Linux 5.17 the IPv4 iterator can't be loaded; without IPv6 the IPv6 one can't. */
static int load(void)
{
	static const char *const skip[] = { NULL, "lun_lwt4", "lun_lwt6" };
	int err = -ENOENT;

	for (size_t i = 0; i < sizeof(skip) / sizeof(skip[0]); i++) {
		err = lun_lwt__create_skeleton(&probe);
		if (!err)
			err = lun_iter_load(probe.skeleton, skip[i]);
		if (!err || lun_iter_may_retry(err))
			break;
	}
	return err;
}

static struct lun_iter_object object = LUN_ITER_OBJECT(load);

int lun_route_progs(struct lun_out *out)
{
	const struct bpf_link *links[2];
	int err = lun_iter_ready(&object), one;

	if (err)
		return err;
	links[0] = probe.links.lun_lwt4;
	links[1] = probe.links.lun_lwt6;
	for (int i = 0; i < 2; i++) {
		one = links[i] ? lun_iter_run(links[i], out) : 0;
		err = err ? err : one;
	}
	return err;
}

const char *lun_route_mode(unsigned int mode)
{
	static const char *const modes[] = { "in", "out", "xmit" };

	return mode < sizeof(modes) / sizeof(modes[0]) ? modes[mode] : "";
}
