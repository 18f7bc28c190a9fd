#include "bpf/object/map_list.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/object/prog_array_close.h"
#include "bpf/object/map_fill.h"
#include "bpf/object/map_name.h"

enum { FEW = 64 }; /* reading so few maps one by one is faster than loading the iterator */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lun_out known; /* the last list of more than FEW maps, by id */

static int read_facts(int fd, struct lun_map_facts *facts)
{
	int err;

	memset(facts, 0, sizeof(*facts));
	err = lun_object_info(fd, &facts->info, sizeof(facts->info));
	return err ? err : lun_object_fdinfo(fd, &facts->fd);
}

static int try_read(uint32_t id, struct lun_map_facts *facts)
{
	int fd = lun_object_open(LUN_MAP, id), err;

	if (fd < 0)
		return fd;
	err = read_facts(fd, facts);
	lun_prog_array_close(fd, facts->info.type);
	return err;
}

/* Retries after flushing delayed closes, which may hold too many descriptors. */
static int read_map(uint32_t id, struct lun_map_facts *facts)
{
	int err = try_read(id, facts);

	if (err != -EMFILE)
		return err;
	lun_prog_array_close_flush();
	return try_read(id, facts);
}

/* Names some maps. Reads the list of all maps when only that tells their names apart. */
static void name_some(struct lun_map_facts *list, size_t n)
{
	struct lun_out every;

	if (!lun_map_names(list, n, false))
		return;
	lun_out_init(&every);
	if (!lun_map_list(&every))
		lun_map_names(list, n, false); /* already named with the list */
	lun_out_free(&every);
}

int lun_map_facts_fd(int fd, struct lun_map_facts *facts)
{
	int err = read_facts(fd, facts);

	if (!err)
		name_some(facts, 1);
	return err;
}

int lun_map_facts(uint32_t id, struct lun_map_facts *facts)
{
	int err = read_map(id, facts);

	lun_prog_array_close_flush();
	if (!err)
		name_some(facts, 1);
	return err;
}

/* True when a map changes nothing but `frozen`: its memory is allocated at once, and it is on no
 * device. */
static bool lasts(const struct bpf_map_info *info)
{
	if (info->ifindex)
		return false;
	switch (info->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return !(info->map_flags & BPF_F_NO_PREALLOC);
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return true;
	default:
		return false;
	}
}

static int add_read(struct lun_out *out, uint32_t id)
{
	struct lun_map_facts facts;
	int err = read_map(id, &facts);

	if (!err)
		lun_out_mem(out, &facts, sizeof(facts));
	return err == -ENOENT ? out->err : err ? err : out->err;
}

static int list_anew(struct lun_out *out)
{
	uint32_t id = 0;
	int err;

	while (!(err = lun_object_next(LUN_MAP, &id)))
		if ((err = add_read(out, id)))
			return err;
	return err == -ENOENT ? 0 : err;
}

/* Merges two lists by id, walking both side by side. */
static int merge(struct lun_out *out, const struct lun_out *there)
{
	const struct lun_there_record *record = (const void *)there->data;
	size_t nr = there->len / sizeof(*record), nr_old = known.len / sizeof(struct lun_map_facts);
	const struct lun_map_facts *old = (const void *)known.data, *end = old + nr_old;
	struct lun_map_facts facts;
	int err = 0;

	for (size_t i = 0; !err && i < nr; i++, record++) {
		while (old < end && old->info.id < record->id)
			old++;
		if (old == end || old->info.id != record->id || !lasts(&old->info)) {
			err = add_read(out, record->id);
			continue;
		}
		facts = *old;
		facts.fd.frozen = record->frozen;
		lun_out_mem(out, &facts, sizeof(facts));
		err = out->err;
	}
	return err;
}

static int list_by_walk(struct lun_out *out)
{
	struct lun_out there;
	int err;

	lun_out_init(&there);
	err = lun_map_there(&there);
	if (!err)
		err = merge(out, &there);
	lun_out_free(&there);
	return err;
}

/* Keeps the list for the next call; without memory the next call reads all maps again. */
static void remember(const char *list, size_t len)
{
	lun_out_free(&known);
	lun_out_init(&known);
	if (len > FEW * sizeof(struct lun_map_facts))
		lun_out_mem(&known, list, len);
	if (known.err)
		lun_out_free(&known);
}

/* A concurrent call waits, and then has less to read. */
int lun_map_list(struct lun_out *out)
{
	size_t first = out->len;
	int err;

	pthread_mutex_lock(&lock);
	err = known.len ? list_by_walk(out) : -ENOENT;
	if (err) {
		out->len = first;
		err = out->err ? out->err : list_anew(out);
	}
	if (!err) {
		lun_map_names((void *)(out->data + first),
			(out->len - first) / sizeof(struct lun_map_facts), true);
		remember(out->data + first, out->len - first);
	}
	pthread_mutex_unlock(&lock);
	lun_prog_array_close_flush();
	return err;
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Keeps the wanted maps of the list, from `first` on. */
static void pick(struct lun_out *out, size_t first, const uint32_t *ids, size_t nr)
{
	struct lun_map_facts *list = (void *)(out->data + first), *to = list;
	const struct lun_map_facts *end = (const void *)(out->data + out->len);
	const uint32_t *last = ids + nr;

	for (const struct lun_map_facts *at = list; at < end; at++) {
		while (ids < last && *ids < at->info.id)
			ids++;
		if (ids < last && *ids == at->info.id)
			*to++ = *at;
	}
	out->len = first + (size_t)(to - list) * sizeof(*list);
}

/* Reads maps one by one; waits for delayed closes together. */
static int read_some(const uint32_t *ids, size_t nr, struct lun_out *out)
{
	size_t first = out->len;
	int err = 0;

	for (size_t i = 0; !err && i < nr; i++)
		if (i == 0 || ids[i] != ids[i - 1])
			err = add_read(out, ids[i]);
	lun_prog_array_close_flush();
	if (!err && out->len > first)
		name_some((void *)(out->data + first),
			(out->len - first) / sizeof(struct lun_map_facts));
	return err;
}

int lun_map_some(uint32_t *ids, size_t nr, struct lun_out *out)
{
	size_t first = out->len;
	int err;

	if (nr > 1)
		qsort(ids, nr, sizeof(*ids), by_id);
	if (nr <= FEW)
		return read_some(ids, nr, out);
	err = lun_map_list(out);
	if (!err && out->len > first)
		pick(out, first, ids, nr);
	return err;
}

static int ids_by_walk(struct lun_out *out)
{
	const struct lun_there_record *record;
	struct lun_out there;
	int err;

	lun_out_init(&there);
	err = lun_map_there(&there);
	record = (const void *)there.data;
	for (size_t n = there.len / sizeof(*record); !err && n; n--, record++) {
		lun_out_mem(out, &record->id, sizeof(uint32_t));
		err = out->err;
	}
	lun_out_free(&there);
	return err;
}

int lun_map_ids(struct lun_out *out)
{
	static atomic_bool many; /* by the last look */
	size_t first = out->len;
	uint32_t id = 0;
	int err = many ? ids_by_walk(out) : -ENOENT;

	if (err && !out->err) {
		out->len = first;
		while (!(err = lun_object_next(LUN_MAP, &id)))
			lun_out_mem(out, &id, sizeof(id));
	}
	many = out->len - first > FEW * sizeof(id);
	return out->err ? out->err : err == -ENOENT ? 0 : err;
}
