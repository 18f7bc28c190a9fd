#include "bpf/attach/owners.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "bpf/object/iter_read.h"
#include "bpf/object/prog_array_close.h"
#include "bpf/object/object.h"
#include "bpf/attach/owners_proc.h"
#include "probes/owners.skel.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lun_owners *skeleton;
static int load_error; /* kept, so that a refused program is not loaded again at every scan */

static int remember(int err)
{
	if (!lun_iter_may_retry(err))
		load_error = err;
	return err;
}

/* With the lock held. */
static int load_iterator(void)
{
	int err;

	if (skeleton || load_error)
		return load_error;
	skeleton = lun_owners__open_and_load();
	if (!skeleton)
		return remember(errno ? -errno : -EINVAL);
	err = lun_owners__attach(skeleton);
	if (!err)
		return 0;
	lun_owners__destroy(skeleton);
	skeleton = NULL;
	return remember(err);
}

enum iterator { OWNERS, HELD_NS, STRAYS };

static int open_iterator(enum iterator which)
{
	const struct bpf_link *link;
	int err, fd = -1;

	pthread_mutex_lock(&lock);
	err = load_iterator();
	if (!err) {
		link = which == OWNERS     ? skeleton->links.lun_owners
			: which == HELD_NS ? skeleton->links.lun_held_ns
					   : skeleton->links.lun_strays;
		fd = bpf_iter_create(bpf_link__fd(link));
	}
	if (!err && fd < 0)
		err = -errno;
	pthread_mutex_unlock(&lock);
	return err ? err : fd;
}

static bool still_held(const struct lun_owner_record *record)
{
	enum lun_kind kind;
	uint32_t id;

	if (record->kind >= LUN_OWNER_PERF)
		return true;
	return !lun_object_kind((int)record->fd, &kind) && kind == record->kind &&
		!lun_object_id(kind, (int)record->fd, &id) && id == record->id;
}

/* Removes, from `first` on, the descriptors that our other threads have open for their own scans.
 * Descriptors of program arrays are closed with a delay, so they are flushed first. */
static void drop_transient(struct lun_out *out, size_t first)
{
	struct lun_owner_record *records = (void *)(out->data + first);
	size_t n = (out->len - first) / sizeof(*records), kept = 0;
	unsigned int self = (unsigned int)getpid();

	lun_prog_array_close_flush();
	for (size_t i = 0; i < n; i++)
		if (records[i].pid != self || still_held(&records[i]))
			records[kept++] = records[i];
	out->len = first + kept * sizeof(*records);
}

static int by_iterator(enum iterator which, struct lun_out *out)
{
	int fd = open_iterator(which), err;

	if (fd < 0)
		return fd;
	err = lun_iter_read(fd, out);
	close(fd);
	return err;
}

int lun_owners(struct lun_out *out, bool proc, enum lun_owners_by *by)
{
	size_t first = out->len;
	int err = proc ? -ENOTSUP : by_iterator(OWNERS, out);

	*by = LUN_BY_ITERATOR;
	if (err && !out->err) {
		*by = LUN_BY_PROC;
		out->len = first;
		err = lun_owners_proc(out);
	}
	if (!err && out->len > first)
		drop_transient(out, first);
	return err;
}

int lun_owners_of_namespaces(struct lun_out *out)
{
	int err = by_iterator(STRAYS, out);

	return err ? err : by_iterator(HELD_NS, out);
}

int lun_task_fd(uint32_t pid, uint32_t fd, struct lun_task_fd *info)
{
	uint32_t len = sizeof(info->name);
	__u64 offset = 0, addr = 0;

	info->name[0] = 0;
	if (bpf_task_fd_query((int)pid, (int)fd, 0, info->name, &len, &info->prog_id, &info->type,
		    &offset, &addr))
		return -errno;
	info->probe_offset = offset;
	info->probe_addr = addr;
	return 0;
}
