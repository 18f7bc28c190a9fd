#include "bpf/read/cursor.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BUFFER_BYTES = 256 * 1024, /* size that a batch of keys and values should have */
	MIN_BATCH = 16,
	MAX_BATCH = 4096,
	SLACK = 1024, /* keys beyond max_entries after which a walk is stopped */
};

static uint32_t suitable_capacity(const struct lun_map *map)
{
	uint64_t entry = (uint64_t)map->info.key_size + map->value_bytes;
	uint64_t n = BUFFER_BYTES / (entry ? entry : 1);

	if (n > MAX_BATCH)
		n = MAX_BATCH;
	return n < MIN_BATCH ? MIN_BATCH : (uint32_t)n;
}

static int set_capacity(struct lun_cursor *cur, uint32_t capacity)
{
	uint8_t *keys = calloc(capacity, cur->map.info.key_size ? cur->map.info.key_size : 1);
	uint8_t *values = calloc(capacity, cur->map.value_bytes ? cur->map.value_bytes : 1);

	if (!keys || !values) {
		free(keys);
		free(values);
		return -ENOMEM;
	}
	free(cur->keys);
	free(cur->values);
	cur->keys = keys;
	cur->values = values;
	cur->capacity = capacity;
	return 0;
}

static uint32_t position_bytes(const struct lun_map *map)
{
	return map->info.key_size < sizeof(uint64_t) ? sizeof(uint64_t) : map->info.key_size;
}

uint32_t lun_cursor_key_room(const struct lun_cursor *cur)
{
	return position_bytes(&cur->map);
}

int lun_cursor_open(struct lun_cursor *cur, const struct lun_map *map, uint32_t capacity)
{
	int err;

	memset(cur, 0, sizeof(*cur));
	err = lun_map_dup(&cur->map, map);
	if (err)
		return err;
	cur->by_batch = true;
	cur->position = calloc(3, position_bytes(map));
	cur->first = cur->position ? cur->position + position_bytes(map) : NULL;
	cur->before = cur->first ? cur->first + position_bytes(map) : NULL;
	err = cur->position ? set_capacity(cur, capacity ? capacity : suitable_capacity(map))
			    : -ENOMEM;
	if (err)
		lun_cursor_close(cur);
	return err;
}

void lun_cursor_close(struct lun_cursor *cur)
{
	lun_map_close(&cur->map);
	free(cur->keys);
	free(cur->values);
	free(cur->position);
	cur->keys = cur->values = cur->position = cur->first = cur->before = NULL;
	cur->count = 0;
	cur->done = true;
}

/* Writes the kind ('b'atch or 'k'ey), whether there is a start, the entries to skip, then the bytes
 * of the start. */
uint32_t lun_cursor_position(const struct lun_cursor *cur, uint32_t at, uint8_t *position)
{
	uint32_t size = position_bytes(&cur->map), skip = cur->by_batch ? at : 0;
	bool started = cur->by_batch ? cur->count && !cur->before_start : cur->started;

	position[0] = cur->by_batch ? 'b' : 'k';
	memset(position + LUN_POSITION_HEAD, 0, size);
	if (!cur->by_batch && cur->count && at)
		memcpy(position + LUN_POSITION_HEAD, lun_cursor_key(cur, at - 1),
			cur->map.info.key_size);
	else if (cur->count && at < cur->count)
		memcpy(position + LUN_POSITION_HEAD, cur->before, size);
	else {
		memcpy(position + LUN_POSITION_HEAD, cur->position, size);
		started = cur->started;
		skip = 0;
	}
	position[1] = started;
	memcpy(position + 2, &skip, sizeof(skip));
	return LUN_POSITION_HEAD + size;
}

int lun_cursor_resume(struct lun_cursor *cur, const uint8_t *position, size_t size)
{
	uint32_t room = position_bytes(&cur->map);

	if (size != LUN_POSITION_HEAD + room || (position[0] != 'b' && position[0] != 'k'))
		return -EINVAL;
	cur->by_batch = position[0] == 'b';
	cur->started = position[1];
	memcpy(&cur->skip, position + 2, sizeof(cur->skip));
	memcpy(cur->position, position + LUN_POSITION_HEAD, room);
	return 0;
}

/* True when a walk has seen more keys than max_entries allows, which happens when the map
 * changes. */
static bool over_bound(const struct lun_cursor *cur)
{
	return cur->seen + cur->skipped > 2 * (uint64_t)cur->map.info.max_entries + SLACK;
}

/* One BPF_MAP_LOOKUP_BATCH; sets count. -ENOSPC: a hash bucket does not fit into the buffer. */
static int lookup_batch(struct lun_cursor *cur)
{
	uint32_t count = cur->capacity;
	void *in = cur->started ? cur->position : NULL;
	int err = bpf_map_lookup_batch(
		cur->map.fd, in, cur->position, cur->keys, cur->values, &count, NULL);

	err = err ? -errno : 0;
	cur->count = err && err != -ENOENT ? 0 : count;
	return err;
}

static bool batch_unsupported(int err)
{
	return err == -EINVAL || err == -EOPNOTSUPP || err == -524 || err == -EPERM;
}

static int next_by_batch(struct lun_cursor *cur)
{
	int err;

	memcpy(cur->before, cur->position, position_bytes(&cur->map));
	cur->before_start = !cur->started;
	while ((err = lookup_batch(cur)) == -ENOSPC) {
		if (cur->capacity > UINT32_MAX / 2)
			return -ENOMEM;
		err = set_capacity(cur, cur->capacity * 2);
		if (err)
			return err;
	}
	if (err == -ENOENT) {
		cur->done = true;
		err = 0;
	}
	if (!err)
		cur->started = true;
	return err;
}

/* Reads the key after the current one into `next`; -ENOENT at the end. */
static int next_key(struct lun_cursor *cur, uint8_t *next)
{
	uint32_t size = cur->map.info.key_size;

	if (bpf_map_get_next_key(cur->map.fd, cur->started ? cur->position : NULL, next))
		return -errno;
	if (!cur->started)
		memcpy(cur->first, next, size);
	else if (!memcmp(cur->first, next, size))
		cur->restarted = true;
	memcpy(cur->position, next, size);
	cur->started = true;
	return 0;
}

/* True for errors of a single key: it was deleted meanwhile, or its slot is empty. */
static bool key_is_empty(int err)
{
	return err == -ENOENT || err == -EAGAIN;
}

static int next_by_key(struct lun_cursor *cur)
{
	uint32_t key_size = cur->map.info.key_size;

	for (cur->count = 0; cur->count < cur->capacity;) {
		uint8_t *key = cur->keys + (size_t)cur->count * key_size;
		uint8_t *value = cur->values + (size_t)cur->count * cur->map.value_bytes;
		int err;

		if (over_bound(cur)) {
			cur->truncated = cur->done = true;
			return 0;
		}
		err = next_key(cur, key);
		if (err == -ENOENT) {
			cur->done = true;
			return 0;
		}
		if (err)
			return err;
		err = cur->keys_only ? 0 : lun_map_lookup(&cur->map, key, value);
		if (err && !key_is_empty(err))
			return err;
		if (err) {
			cur->skipped++;
			continue;
		}
		cur->count++;
		cur->seen++;
	}
	return 0;
}

int lun_cursor_next(struct lun_cursor *cur)
{
	int err = 0;

	cur->count = 0;
	if (cur->done)
		return 0;
	if (cur->by_batch) {
		err = next_by_batch(cur);
		if (err && !cur->started && batch_unsupported(err)) {
			cur->by_batch = false;
			err = 0;
		} else {
			cur->seen += cur->count;
		}
		if (!err && cur->by_batch && over_bound(cur))
			cur->truncated = cur->done = true;
	}
	if (!err && !cur->by_batch)
		err = next_by_key(cur);
	return err ? err : (int)cur->count;
}
