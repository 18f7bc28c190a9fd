#pragma once
/*
 * The entries of a map at a moment, kept to be compared with those of another: bytes in one
 * block, found by a hash of their keys. Memory is bounded: where not all fit, only the entries
 * of some keys are kept, chosen by the keys' hashes, so that two snapshots keep the same ones
 * and what came and went among them is exact. One user at a time.
 */
#include "bpf/object/map.h"

struct lun_snapshot {
	uint32_t key_size, value_size; /* of an entry; all CPUs' */
	uint32_t cpus, stride, one;    /* how values are compared: `one` bytes of each stride */
	uint8_t *entries;
	uint32_t *slots; /* entry + 1; 0: free */
	uint32_t nr, cap, nr_slots;
	uint32_t most;     /* entries that fit */
	uint32_t halvings; /* one of 2^halvings keys is kept */
};

enum lun_change { LUN_ADDED, LUN_REMOVED, LUN_CHANGED, LUN_CHANGES };

/* Takes at most so many entries and bytes. halvings: as the snapshot has with which this one
 * is to be compared. */
void lun_snapshot_open(struct lun_snapshot *snap, const struct lun_map *map, uint32_t entries,
	size_t bytes, uint32_t halvings);
void lun_snapshot_close(struct lun_snapshot *snap);

/* An entry; of a key that is there, its value is replaced. 0 or -ENOMEM. */
int lun_snapshot_add(struct lun_snapshot *snap, const uint8_t *key, const uint8_t *value);
/* The value of a key, NULL where there is none. */
const uint8_t *lun_snapshot_find(const struct lun_snapshot *snap, const uint8_t *key);

/* What differs, told to fn: value and before are NULL where there is none. Keys that only one
 * of the two would keep are left out. -EINVAL: they are not of the same sort of map. */
typedef void (*lun_change_fn)(void *ctx, enum lun_change change, const uint8_t *key,
	const uint8_t *value, const uint8_t *before);
int lun_snapshot_compare(const struct lun_snapshot *older, const struct lun_snapshot *newer,
	lun_change_fn fn, void *ctx);
