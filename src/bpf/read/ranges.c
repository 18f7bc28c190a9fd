#include "bpf/read/ranges.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROBES = 64, SMALL_BATCH = 128 };

static bool is_array(uint32_t type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool is_hash(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
		type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

uint64_t lun_ranges_size(const struct lun_map *map)
{
	uint64_t size = 1;

	if (is_array(map->info.type))
		return map->info.max_entries;
	while (size < map->info.max_entries)
		size *= 2;
	return size;
}

uint64_t lun_ranges_position(const struct lun_map *map, const uint8_t *position)
{
	uint32_t at;

	memcpy(&at, position, sizeof(at));
	return is_array(map->info.type) ? (uint64_t)at + 1 : at;
}

static int allocate(const struct lun_map *map, uint32_t n, uint8_t **keys, uint8_t **values)
{
	free(*keys);
	free(*values);
	*keys = malloc((size_t)n * map->info.key_size + 1);
	*values = malloc((size_t)n * map->value_bytes + 1);
	return *keys && *values ? 0 : -ENOMEM;
}

int lun_range_open(struct lun_range *range, const struct lun_map *map, uint32_t capacity)
{
	int err;

	memset(range, 0, sizeof(*range));
	range->map = map;
	range->capacity = capacity;
	range->probe_capacity = capacity < PROBES ? capacity : PROBES;
	err = allocate(map, capacity, &range->keys, &range->values);
	if (!err && is_hash(map->info.type))
		err = allocate(map, range->probe_capacity, &range->probes, &range->unused);
	if (err)
		lun_range_close(range);
	return err;
}

void lun_range_close(struct lun_range *range)
{
	free(range->keys);
	free(range->values);
	free(range->probes);
	free(range->unused);
	range->keys = range->values = range->probes = range->unused = NULL;
}

void lun_range_begin(struct lun_range *range, uint64_t first, uint64_t end)
{
	range->first = range->at = first;
	range->end = end;
	range->seen = 0;
	range->done = first >= end;
	range->is_last = false;
}

/* One BPF_MAP_LOOKUP_BATCH from a position of a hash or an array. `at` becomes the next one. */
static int lookup(
	const struct lun_map *map, uint64_t *at, uint8_t *keys, uint8_t *values, uint32_t *count)
{
	bool array = is_array(map->info.type);
	uint64_t in = array ? *at - 1 : *at, out = in;
	int err = bpf_map_lookup_batch(
		map->fd, array && !*at ? NULL : &in, &out, keys, values, count, NULL);

	err = err ? -errno : 0;
	if (err && err != -ENOENT)
		return err;
	out = (uint32_t)out;
	*at = array ? out + 1 : out;
	return err;
}

/* How many entries the rest of the range has, by those that came; a few batches more cost less than
 * many entries read twice. */
static uint32_t batch_size(const struct lun_range *range)
{
	uint64_t left = range->end - range->at, done = range->at - range->first;
	double expected;

	if (is_array(range->map->info.type))
		return left < range->capacity ? (uint32_t)left : range->capacity;
	if (range->end == UINT64_MAX || !done)
		return range->capacity;
	expected = (double)range->seen * (double)left / (double)done;
	if (expected >= range->capacity)
		return range->capacity;
	return expected > SMALL_BATCH           ? (uint32_t)expected
		: range->capacity < SMALL_BATCH ? range->capacity
						: SMALL_BATCH;
}

/* Reads keys from the range's end on; returns how many. */
static int read_probes(struct lun_range *range)
{
	int err;

	for (;;) {
		uint64_t at = range->end;
		uint32_t count = range->probe_capacity;

		err = lookup(range->map, &at, range->probes, range->unused, &count);
		if (err != -ENOSPC)
			return err && err != -ENOENT ? err : (int)count;
		range->probe_capacity *= 2;
		err = allocate(range->map, range->probe_capacity, &range->probes, &range->unused);
		if (err)
			return err;
	}
}

static bool is_probe(const struct lun_range *range, const uint8_t *key, uint32_t nr)
{
	uint32_t size = range->map->info.key_size;

	for (uint32_t i = 0; i < nr; i++) {
		if (!memcmp(key, range->probes + (size_t)i * size, size))
			return true;
	}
	return false;
}

/* The batch crosses the range's end: leaves out entries that the next range reads. The batch is in
 * the order of buckets, so these are the ones from the first known one on. */
static int cut(struct lun_range *range, uint32_t count)
{
	int nr = read_probes(range);
	uint32_t i = 0;

	if (nr < 0)
		return nr;
	while (i < count && !is_probe(range, lun_range_key(range, i), (uint32_t)nr))
		i++;
	return (int)i;
}

static int read_batch(struct lun_range *range, uint32_t *count)
{
	uint32_t wanted = batch_size(range);
	int err;

	for (;;) {
		*count = wanted;
		err = lookup(range->map, &range->at, range->keys, range->values, count);
		if (err != -ENOSPC)
			return err;
		/* a bucket has more entries than the batch */
		wanted = wanted < range->capacity ? range->capacity : wanted * 2;
		if (wanted > range->capacity) {
			err = allocate(range->map, wanted, &range->keys, &range->values);
			if (err)
				return err;
			range->capacity = wanted;
		}
	}
}

int lun_range_next(struct lun_range *range)
{
	uint64_t before = range->at;
	uint32_t count;
	int err;

	if (range->done)
		return 0;
	err = read_batch(range, &count);
	if (err && err != -ENOENT)
		return err;
	if (err == -ENOENT)
		range->is_last = range->done = true;
	else if (range->at <= before)
		return -EIO; /* it would never end */
	range->seen += count;
	if (range->at >= range->end || range->is_last)
		range->done = true;
	if (count && is_hash(range->map->info.type) && range->end != UINT64_MAX &&
		(range->at > range->end || range->is_last))
		return cut(range, count);
	return (int)count;
}

/* The trial. */
enum { TRIAL_ENTRIES = 700, TRIAL_SIZE = 1024, TRIAL_RANGES = 4, TRIAL_BATCH = 100 };

static int fill_trial(int fd)
{
	for (uint32_t i = 0; i < TRIAL_ENTRIES; i++) {
		uint64_t value = i + 1;

		if (bpf_map_update_elem(fd, &i, &value, BPF_ANY))
			return -errno;
	}
	return 0;
}

/* Whether the ranges have each entry once, with its value. */
static bool adds_up(const struct lun_map *map)
{
	bool seen[TRIAL_SIZE] = { false };
	uint64_t size = lun_ranges_size(map), each = size / TRIAL_RANGES, sum = 0;
	struct lun_range range;
	bool ok = !lun_range_open(&range, map, TRIAL_BATCH);

	for (uint64_t i = 0; ok && i < TRIAL_RANGES; i++) {
		int n;

		lun_range_begin(
			&range, i * each, i + 1 < TRIAL_RANGES ? (i + 1) * each : UINT64_MAX);
		while (ok && (n = lun_range_next(&range)) != 0) {
			ok = n > 0;
			for (uint32_t at = 0; ok && at < (uint32_t)n; at++) {
				uint32_t key;
				uint64_t value;

				memcpy(&key, lun_range_key(&range, at), sizeof(key));
				memcpy(&value, lun_range_value(&range, at), sizeof(value));
				ok = key < TRIAL_SIZE && !seen[key];
				if (ok)
					seen[key] = true;
				sum += value;
			}
		}
		/* every range but the last must end by its position */
		ok = ok && range.is_last == (i + 1 == TRIAL_RANGES);
	}
	lun_range_close(&range);
	return ok && sum == (uint64_t)TRIAL_ENTRIES * (TRIAL_ENTRIES + 1) / 2;
}

static bool try_type(enum bpf_map_type type)
{
	struct lun_map map;
	int fd = bpf_map_create(
		type, "lun_ranges", sizeof(uint32_t), sizeof(uint64_t), TRIAL_SIZE, NULL);
	bool ok;

	if (fd < 0)
		return false;
	if (fill_trial(fd)) {
		close(fd);
		return false;
	}
	if (lun_map_open_fd(&map, fd))
		return false;
	ok = adds_up(&map);
	lun_map_close(&map);
	return ok;
}

static bool hashes, arrays;

static void try_all(void)
{
	hashes = try_type(BPF_MAP_TYPE_HASH);
	arrays = try_type(BPF_MAP_TYPE_ARRAY);
}

bool lun_ranges_able(uint32_t map_type)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (!is_hash(map_type) && !is_array(map_type))
		return false;
	pthread_once(&once, try_all);
	return is_array(map_type) ? arrays : hashes;
}
