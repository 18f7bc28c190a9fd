#pragma once
/*
 * A walk over a map's entries, a batch at a time: by BPF_MAP_LOOKUP_BATCH where the type has
 * it, else key by key. It has a handle and buffers of its own, and ends even while others
 * change the map. Values of a per-CPU map lie as the kernel gives them (map->stride apart).
 */
#include "bpf/map.h"

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

/* Bytes of the position, so that a walk can go on later in another cursor. */
uint32_t lun_cursor_position_size(const struct lun_cursor *cur);
/* Goes on after a position of a cursor of the same map; size as above or -EINVAL. */
int lun_cursor_resume(struct lun_cursor *cur, bool by_batch, const void *position, uint32_t size);
