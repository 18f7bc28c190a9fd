#pragma once
/*
 * Ranges of a map, which several threads can read at the same time. The kernel's batch position of
 * a hash is the number of its next bucket, that of an array the last index. A batch that crosses
 * the end of its range is cut where the next range begins: there the entries of the next range's
 * first buckets are looked for by their keys. In a map that rests each entry is in one range.
 * In a map that changes no entry is lost that one thread would have read; one is read twice only
 * when all of those keys were exchanged in between.
 */
#include <stdbool.h>
#include <stdint.h>

#include "bpf/object/map.h"

/* Whether this type is read by ranges, and the kernel counts its positions so: tried once, on maps
 * of our own. */
bool lun_ranges_able(uint32_t map_type);

/* The number of positions: buckets of a hash, elements of an array. */
uint64_t lun_ranges_size(const struct lun_map *map);

/* The position after a batch that a cursor read, by what the kernel gave it. */
uint64_t lun_ranges_position(const struct lun_map *map, const uint8_t *position);

/* One thread's reading. The map stays its owner's. */
struct lun_range {
	const struct lun_map *map;
	uint8_t *keys, *values;   /* the batch */
	uint8_t *probes, *unused; /* the next range's first keys, and their values */
	uint32_t capacity, probe_capacity;
	uint64_t at, end; /* positions; UINT64_MAX: to the map's end */
	uint64_t first;   /* where it began, and … */
	uint64_t seen;    /* how many entries came from there */
	bool done;        /* no more entries in this range */
	bool is_last;     /* the map ended in it */
};

int lun_range_open(struct lun_range *range, const struct lun_map *map, uint32_t capacity);
void lun_range_close(struct lun_range *range);
/* From the position `first` to the one before `end`. */
void lun_range_begin(struct lun_range *range, uint64_t first, uint64_t end);
/* The next batch: how many entries, 0 at the range's end, or -errno. */
int lun_range_next(struct lun_range *range);

static inline const uint8_t *lun_range_key(const struct lun_range *range, uint32_t i)
{
	return range->keys + (size_t)i * range->map->info.key_size;
}

static inline const uint8_t *lun_range_value(const struct lun_range *range, uint32_t i)
{
	return range->values + (size_t)i * range->map->value_bytes;
}
