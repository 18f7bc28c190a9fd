#include "bpf/attach/owners.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

#include "bpf/object/iter_read.h"
#include "bpf/object/prog_array_close.h"
#include "bpf/object/object.h"
#include "bpf/attach/owners_proc.h"
#include "probes/owners.skel.h"

static struct lun_owners probe;

static int load(void)
{
	int err = lun_owners__create_skeleton(&probe);

	return err ? err : lun_iter_load(probe.skeleton, NULL);
}

static struct lun_iter_object object = LUN_ITER_OBJECT(load);

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

static int by_iterator(struct lun_out *out)
{
	int err = lun_iter_ready(&object);

	return err ? err : lun_iter_run(probe.links.lun_owners, out);
}

int lun_owners(struct lun_out *out, bool proc, enum lun_owners_by *by)
{
	size_t first = out->len;
	int err = proc ? -ENOTSUP : by_iterator(out);

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
	int err = lun_iter_ready(&object);

	if (!err)
		err = lun_iter_run(probe.links.lun_strays, out);
	return err ? err : lun_iter_run(probe.links.lun_held_ns, out);
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
