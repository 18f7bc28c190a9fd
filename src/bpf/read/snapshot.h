#pragma once
/*
 * A map's entries at one moment, for comparing two moments: bytes in one block, found by a hash of
 * the key. Memory is bounded: when not all entries fit, the keys' hashes choose the ones to keep.
 * Two snapshots thus keep the same keys, and the changes among these are exact. One user at a time.
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

/* Keeps at most `entries` entries and `bytes` bytes. halvings: that of the snapshot to compare
 * with. */
void lun_snapshot_open(struct lun_snapshot *snap, const struct lun_map *map, uint32_t entries,
	size_t bytes, uint32_t halvings);
void lun_snapshot_close(struct lun_snapshot *snap);

/* Adds an entry, or replaces the value of a known key. 0 or -ENOMEM. */
int lun_snapshot_add(struct lun_snapshot *snap, const uint8_t *key, const uint8_t *value);
/* The value of a key, NULL where there is none. */
const uint8_t *lun_snapshot_find(const struct lun_snapshot *snap, const uint8_t *key);

/* Calls fn for each difference; value or before is NULL when there is none. Leaves out keys that
 * only one of the snapshots would keep. -EINVAL: the maps' layouts differ. */
typedef void (*lun_change_fn)(void *ctx, enum lun_change change, const uint8_t *key,
	const uint8_t *value, const uint8_t *before);
int lun_snapshot_compare(const struct lun_snapshot *older, const struct lun_snapshot *newer,
	lun_change_fn fn, void *ctx);
