#pragma once
/*
 * A cursor that reads ahead: while one batch is being written out, a thread of its own gets
 * the next from the kernel, which is where most of the time goes. The thread is started only
 * when the first batch was a full one, so small maps cost none. One user at a time.
 */
#include <pthread.h>

#include "bpf/read/cursor.h"

struct lun_prefetch {
	struct lun_cursor cur; /* the thread's, once it runs */
	uint8_t *keys;         /* the user's batch */
	uint8_t *values;
	uint32_t capacity, count;
	bool done; /* this batch was the last */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool alone;   /* the caller wants no thread */
	bool running; /* there is a thread */
	bool ready;   /* a batch of the thread's waits to be taken */
	bool stop;
	int result; /* of the batch that waits */
};

/* Copies the map's handle. */
int lun_prefetch_open(struct lun_prefetch *ahead, const struct lun_map *map);
void lun_prefetch_close(struct lun_prefetch *ahead);
/* The next batch: how many entries are in keys and values, or -errno; 0 with `done` set is the
 * end. */
int lun_prefetch_next(struct lun_prefetch *ahead);

static inline const uint8_t *lun_prefetch_key(const struct lun_prefetch *ahead, uint32_t i)
{
	return ahead->keys + (size_t)i * ahead->cur.map.info.key_size;
}

static inline const uint8_t *lun_prefetch_value(const struct lun_prefetch *ahead, uint32_t i)
{
	return ahead->values + (size_t)i * ahead->cur.map.value_bytes;
}
