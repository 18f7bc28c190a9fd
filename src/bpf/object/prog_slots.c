#include "bpf/object/prog_slots.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "bpf/object/iter_read.h"
#include "bpf/object/object.h"
#include "bpf/object/prog_array_close.h"
#include "probes/slots.skel.h"

static struct lun_slots probe;

static int load(void)
{
	int err = lun_slots__create_skeleton(&probe);

	return err ? err : lun_iter_load(probe.skeleton, NULL);
}

static struct lun_iter_object object = LUN_ITER_OBJECT(load);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over the probe's variables and a walk */

/* Runs the iterator once, with the lock held. */
static int walk(uint32_t only, uint32_t start, struct lun_out *out)
{
	probe.bss->only = only;
	probe.bss->start = start;
	return lun_iter_run(probe.links.lun_slots, out);
}

/* Moves the records of a walk to `out`, and the ids of maps with more records to `more`. */
static int sort_out(const struct lun_out *walked, struct lun_out *out, struct lun_out *more)
{
	const struct lun_slot_record *record = (const void *)walked->data;

	for (size_t n = walked->len / sizeof(*record); n; n--, record++) {
		if (record->prog_id == LUN_SLOTS_UNREAD)
			return -EFAULT;
		lun_out_mem(record->prog_id ? out : more, record, sizeof(*record));
	}
	return out->err ? out->err : more->err;
}

/* With the lock held. Maps with more records than a walk has room for are then read one by one. */
static int walk_all(uint32_t map_id, struct lun_out *out)
{
	struct lun_slot_record next = { .map_id = map_id };
	struct lun_out walked, more;
	int err;

	lun_out_init(&walked);
	lun_out_init(&more);
	do {
		lun_out_reset(&walked);
		err = walk(next.map_id, next.index, &walked);
		if (!err)
			err = sort_out(&walked, out, &more);
		if (err || more.len < sizeof(next))
			break;
		more.len -= sizeof(next);
		memcpy(&next, more.data + more.len, sizeof(next));
	} while (true);
	lun_out_free(&walked);
	lun_out_free(&more);
	return err;
}

static int by_iterator(uint32_t map_id, struct lun_out *out)
{
	int err = lun_iter_ready(&object);

	if (err)
		return err;
	pthread_mutex_lock(&lock);
	err = walk_all(map_id, out);
	pthread_mutex_unlock(&lock);
	return err;
}

static int look_up_slots(int fd, const struct bpf_map_info *info, struct lun_out *out)
{
	struct lun_slot_record record = { .map_id = info->id };

	for (uint32_t i = 0; i < info->max_entries; i++) {
		record.index = i;
		if (!bpf_map_lookup_elem(fd, &i, &record.prog_id))
			lun_out_mem(out, &record, sizeof(record));
		else if (errno != ENOENT)
			return -errno;
	}
	return out->err;
}

/* Looks up a map's slots. Maps of other types have none. */
static int look_up_map(uint32_t id, struct lun_out *out)
{
	struct bpf_map_info info = { 0 };
	int fd = lun_object_open(LUN_MAP, id), err;

	if (fd < 0)
		return fd;
	err = lun_object_info(fd, &info, sizeof(info));
	if (!err && info.type == BPF_MAP_TYPE_PROG_ARRAY)
		err = look_up_slots(fd, &info, out);
	lun_prog_array_close(fd, info.type);
	return err;
}

static int by_lookup(uint32_t map_id, struct lun_out *out)
{
	uint32_t id = 0;
	int err = 0;

	if (map_id)
		err = look_up_map(map_id, out);
	while (!map_id && !err && !(err = lun_object_next(LUN_MAP, &id)))
		if ((err = look_up_map(id, out)) == -ENOENT)
			err = 0; /* gone since */
	lun_prog_array_close_flush();
	return err == -ENOENT ? 0 : err;
}

int lun_prog_slots(uint32_t map_id, bool lookup, struct lun_out *out)
{
	size_t first = out->len;
	int err = lookup ? -ENOTSUP : by_iterator(map_id, out);

	if (!err || out->err)
		return err;
	out->len = first;
	return by_lookup(map_id, out);
}
