#pragma once
/*
 * A walk over a map's entries, a batch at a time: by BPF_MAP_LOOKUP_BATCH where the type has
 * it, else key by key. It has a handle and buffers of its own, and ends even while others
 * change the map. Values of a per-CPU map lie as the kernel gives them (map->stride apart).
 */
#include "bpf/object/map.h"

struct lun_cursor {
	struct lun_map map;
	uint8_t *keys;
	uint8_t *values;
	uint32_t count;    /* entries in the buffers */
	uint32_t capacity; /* entries that the buffers can hold */
	uint64_t seen;     /* entries handed out so far */
	uint64_t skipped;  /* keys whose value could not be read */
	bool by_batch;     /* until the kernel refuses */
	bool started, done;
	bool restarted;    /* the map changed: the walk began again, entries may come twice */
	bool truncated;    /* the walk was stopped at its bound before it met the end */
	uint8_t *position; /* the kernel's batch position, or the last key */
	uint8_t *before;   /* the batch position that led to the current batch */
	bool before_start; /* … which is the first one */
	uint32_t skip;     /* entries of the next batch that were seen before a resume */
	uint8_t *first;    /* the first key, to see a walk that began again */
	bool keys_only;    /* values are not wanted (count, delete all) */
};

/* Copies the map's handle. capacity 0 means a size that suits the entries. */
int lun_cursor_open(struct lun_cursor *cur, const struct lun_map *map, uint32_t capacity);
void lun_cursor_close(struct lun_cursor *cur);

/* The next batch: how many entries are in the buffers now, 0 at the end, or -errno. */
int lun_cursor_next(struct lun_cursor *cur);

static inline const uint8_t *lun_cursor_key(const struct lun_cursor *cur, uint32_t i)
{
	return cur->keys + (size_t)i * cur->map.info.key_size;
}

static inline const uint8_t *lun_cursor_value(const struct lun_cursor *cur, uint32_t i)
{
	return cur->values + (size_t)i * cur->map.value_bytes;
}

/*
 * Where the walk stands, as bytes that lun_cursor_resume takes in another cursor of the same
 * map: before the entry `at` of the current batch. Returns its length; `position` has room for
 * LUN_POSITION_HEAD and lun_cursor_key_room bytes.
 */
enum { LUN_POSITION_HEAD = 6 };
uint32_t lun_cursor_key_room(const struct lun_cursor *cur);
uint32_t lun_cursor_position(const struct lun_cursor *cur, uint32_t at, uint8_t *position);
/* -EINVAL when it is no position of such a map. */
int lun_cursor_resume(struct lun_cursor *cur, const uint8_t *position, size_t size);
