#pragma once
/*
 * A cursor that reads ahead: while one batch is being written out, a thread of its own gets
 * the next from the kernel, which is where most of the time goes. The thread is started only
 * when the first batch was a full one, so small maps cost none. One user at a time.
 */
#include <pthread.h>

#include "bpf/cursor.h"

struct lun_ahead {
	struct lun_cursor cur; /* the thread's, once it runs */
	uint8_t *keys;         /* the user's batch */
	uint8_t *values;
	uint32_t capacity, count;
	bool done; /* this batch was the last */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool running; /* there is a thread */
	bool ready;   /* a batch of the thread's waits to be taken */
	bool stop;
	int result; /* of the batch that waits */
};

/* Copies the map's handle. */
int lun_ahead_open(struct lun_ahead *ahead, const struct lun_map *map);
void lun_ahead_close(struct lun_ahead *ahead);
/* The next batch: how many entries are in keys and values, or -errno; 0 with `done` set is the
 * end. */
int lun_ahead_next(struct lun_ahead *ahead);

static inline const uint8_t *lun_ahead_key(const struct lun_ahead *ahead, uint32_t i)
{
	return ahead->keys + (size_t)i * ahead->cur.map.info.key_size;
}

static inline const uint8_t *lun_ahead_value(const struct lun_ahead *ahead, uint32_t i)
{
	return ahead->values + (size_t)i * ahead->cur.map.value_bytes;
}
