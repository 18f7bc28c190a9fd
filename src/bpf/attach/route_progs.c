#include "bpf/attach/route_progs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "bpf/object/iter_read.h"
#include "probes/lwt.skel.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lun_lwt *skeleton;
static bool refused; /* kept, because trying takes long */

static struct lun_lwt *load(bool four, bool six)
{
	struct lun_lwt *lwt = lun_lwt__open();

	if (!lwt)
		return NULL;
	bpf_program__set_autoload(lwt->progs.lun_lwt4, four);
	bpf_program__set_autoload(lwt->progs.lun_lwt6, six);
	if (lun_lwt__load(lwt) || lun_lwt__attach(lwt)) {
		lun_lwt__destroy(lwt);
		return NULL;
	}
	return lwt;
}

/* With the lock held. Before Linux 5.17 the IPv4 iterator can't be loaded; without IPv6 the IPv6
 * one can't. */
static void load_what_can_be(void)
{
	if (skeleton || refused)
		return;
	skeleton = load(true, true);
	if (!skeleton)
		skeleton = load(false, true);
	if (!skeleton)
		skeleton = load(true, false);
	refused = !skeleton;
}

static int open_iterator(const struct bpf_link *link)
{
	return link ? bpf_iter_create(bpf_link__fd(link)) : -1;
}

/* Opens the two iterators in the thread's namespace, as far as they are loaded. */
static bool open_iterators(int fds[2])
{
	bool loaded;

	pthread_mutex_lock(&lock);
	load_what_can_be();
	loaded = skeleton != NULL;
	if (loaded) {
		fds[0] = open_iterator(skeleton->links.lun_lwt4);
		fds[1] = open_iterator(skeleton->links.lun_lwt6);
	}
	pthread_mutex_unlock(&lock);
	return loaded;
}

int lun_route_progs(struct lun_out *out)
{
	int fds[2], err = 0;

	if (!open_iterators(fds))
		return -ENOTSUP;
	for (int i = 0; i < 2; i++) {
		if (fds[i] < 0)
			continue;
		if (!err)
			err = lun_iter_read(fds[i], out);
		close(fds[i]);
	}
	return err;
}

const char *lun_route_mode(unsigned int mode)
{
	static const char *const modes[] = { "in", "out", "xmit" };

	return mode < sizeof(modes) / sizeof(modes[0]) ? modes[mode] : "";
}
