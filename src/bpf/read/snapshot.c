#include "bpf/read/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ENTRIES = 64, SLOT_BYTES = 8 /* approximate size of an entry's share of the slots */ };

void lun_snapshot_open(struct lun_snapshot *snap, const struct lun_map *map, uint32_t entries,
	size_t bytes, uint32_t halvings)
{
	size_t fit;

	memset(snap, 0, sizeof(*snap));
	snap->key_size = map->info.key_size;
	snap->value_size = map->value_bytes;
	snap->cpus = map->cpus;
	snap->stride = map->stride;
	snap->one = map->stride < map->info.value_size || !lun_map_type_per_cpu(map->info.type)
		? map->stride
		: map->info.value_size;
	fit = bytes / ((size_t)snap->key_size + snap->value_size + SLOT_BYTES);
	snap->most = fit < entries ? (uint32_t)fit : entries;
	if (!snap->most)
		snap->most = 1;
	snap->halvings = halvings;
}

void lun_snapshot_close(struct lun_snapshot *snap)
{
	free(snap->entries);
	free(snap->slots);
	snap->entries = NULL;
	snap->slots = NULL;
	snap->nr = snap->cap = snap->nr_slots = 0;
}

static size_t entry_size(const struct lun_snapshot *snap)
{
	return (size_t)snap->key_size + snap->value_size;
}

static uint8_t *entry(const struct lun_snapshot *snap, uint32_t i)
{
	return snap->entries + i * entry_size(snap);
}

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	h ^= h >> 29;
	return h;
}

static uint64_t hash(const uint8_t *key, uint32_t size)
{
	uint64_t h = size, part;

	for (; size >= sizeof(part); key += sizeof(part), size -= sizeof(part)) {
		memcpy(&part, key, sizeof(part));
		h = mix(h ^ part) * UINT64_C(0xd6e8feb86659fd93);
	}
	part = 0;
	memcpy(&part, key, size);
	return mix(mix(h ^ part));
}

/* A hash's high bits decide whether the key is kept, the low bits give its slot. */
static bool is_kept(uint64_t h, uint32_t halvings)
{
	return !halvings || !(h >> (64 - halvings));
}

/* The key's slot, or the free slot where it belongs. */
static uint32_t find_slot(const struct lun_snapshot *snap, const uint8_t *key, uint64_t h)
{
	uint32_t mask = snap->nr_slots - 1, at = (uint32_t)h & mask;

	while (snap->slots[at] && memcmp(entry(snap, snap->slots[at] - 1), key, snap->key_size))
		at = (at + 1) & mask;
	return at;
}

/* Slots for so many entries: four of five may be used. */
static uint32_t slots_for(uint32_t entries)
{
	uint64_t n = FIRST_ENTRIES;

	while (n * 4 / 5 < entries)
		n *= 2;
	return n > UINT32_MAX ? 0 : (uint32_t)n;
}

static int fill_slots(struct lun_snapshot *snap, uint32_t nr_slots)
{
	uint32_t *slots = nr_slots ? calloc(nr_slots, sizeof(*slots)) : NULL;

	if (!slots)
		return -ENOMEM;
	free(snap->slots);
	snap->slots = slots;
	snap->nr_slots = nr_slots;
	for (uint32_t i = 0; i < snap->nr; i++) {
		const uint8_t *key = entry(snap, i);

		slots[find_slot(snap, key, hash(key, snap->key_size))] = i + 1;
	}
	return 0;
}

static int grow(struct lun_snapshot *snap)
{
	uint32_t cap = snap->cap ? snap->cap + snap->cap / 2 : FIRST_ENTRIES;
	uint8_t *entries;

	if (cap > snap->most)
		cap = snap->most;
	entries = realloc(snap->entries, cap * entry_size(snap) + 1);
	if (!entries)
		return -ENOMEM;
	snap->entries = entries;
	snap->cap = cap;
	return snap->nr_slots < slots_for(cap) ? fill_slots(snap, slots_for(cap)) : 0;
}

/* Removes every other key. */
static int halve(struct lun_snapshot *snap)
{
	uint32_t kept = 0;

	snap->halvings++;
	for (uint32_t i = 0; i < snap->nr; i++) {
		if (!is_kept(hash(entry(snap, i), snap->key_size), snap->halvings))
			continue;
		if (kept != i)
			memcpy(entry(snap, kept), entry(snap, i), entry_size(snap));
		kept++;
	}
	snap->nr = kept;
	return fill_slots(snap, snap->nr_slots);
}

/* Makes room for one more entry; -ENOSPC when even removing keys gives none. */
static int make_room(struct lun_snapshot *snap)
{
	int err = 0;

	if (snap->nr < snap->cap)
		return 0;
	if (snap->cap < snap->most)
		return grow(snap);
	while (!err && snap->nr == snap->cap)
		err = snap->halvings < 32 ? halve(snap) : -ENOSPC;
	return err;
}

int lun_snapshot_add(struct lun_snapshot *snap, const uint8_t *key, const uint8_t *value)
{
	uint64_t h = hash(key, snap->key_size);
	uint32_t at;
	int err;

	if (!is_kept(h, snap->halvings))
		return 0;
	at = snap->nr_slots ? find_slot(snap, key, h) : 0;
	if (snap->nr_slots && snap->slots[at]) {
		memcpy(entry(snap, snap->slots[at] - 1) + snap->key_size, value, snap->value_size);
		return 0;
	}
	err = make_room(snap);
	if (err || !is_kept(h, snap->halvings))
		return err == -ENOSPC ? 0 : err;
	snap->slots[find_slot(snap, key, h)] = snap->nr + 1;
	memcpy(entry(snap, snap->nr), key, snap->key_size);
	memcpy(entry(snap, snap->nr) + snap->key_size, value, snap->value_size);
	snap->nr++;
	return 0;
}

const uint8_t *lun_snapshot_find(const struct lun_snapshot *snap, const uint8_t *key)
{
	uint32_t at;

	if (!snap->nr_slots)
		return NULL;
	at = find_slot(snap, key, hash(key, snap->key_size));
	return snap->slots[at] ? entry(snap, snap->slots[at] - 1) + snap->key_size : NULL;
}

static bool same(const struct lun_snapshot *snap, const uint8_t *a, const uint8_t *b)
{
	if (snap->one == snap->stride)
		return !memcmp(a, b, snap->value_size);
	for (uint32_t cpu = 0; cpu < snap->cpus; cpu++) {
		size_t at = (size_t)cpu * snap->stride;

		if (memcmp(a + at, b + at, snap->one))
			return false;
	}
	return true;
}

static bool concerns(const struct lun_snapshot *snap, const uint8_t *key, uint32_t halvings)
{
	return halvings == snap->halvings || is_kept(hash(key, snap->key_size), halvings);
}

int lun_snapshot_compare(const struct lun_snapshot *older, const struct lun_snapshot *newer,
	lun_change_fn fn, void *ctx)
{
	uint32_t halvings = older->halvings > newer->halvings ? older->halvings : newer->halvings;

	if (older->key_size != newer->key_size || older->value_size != newer->value_size ||
		older->one != newer->one)
		return -EINVAL;
	for (uint32_t i = 0; i < newer->nr; i++) {
		const uint8_t *key = entry(newer, i), *value = key + newer->key_size;
		const uint8_t *before;

		if (!concerns(newer, key, halvings))
			continue;
		before = lun_snapshot_find(older, key);
		if (!before)
			fn(ctx, LUN_ADDED, key, value, NULL);
		else if (!same(newer, value, before))
			fn(ctx, LUN_CHANGED, key, value, before);
	}
	for (uint32_t i = 0; i < older->nr; i++) {
		const uint8_t *key = entry(older, i);

		if (concerns(older, key, halvings) && !lun_snapshot_find(newer, key))
			fn(ctx, LUN_REMOVED, key, NULL, key + older->key_size);
	}
	return 0;
}
