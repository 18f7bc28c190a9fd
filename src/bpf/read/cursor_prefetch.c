#include "bpf/read/cursor_prefetch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

int lun_prefetch_open(struct lun_prefetch *ahead, const struct lun_map *map)
{
	memset(ahead, 0, sizeof(*ahead));
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	ahead->cur.map.fd = -1;
	return lun_cursor_open(&ahead->cur, map, 0);
}

void lun_prefetch_close(struct lun_prefetch *ahead)
{
	if (ahead->running) {
		pthread_mutex_lock(&ahead->lock);
		ahead->stop = true;
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->lock);
		pthread_join(ahead->thread, NULL);
	}
	lun_cursor_close(&ahead->cur);
	free(ahead->keys);
	free(ahead->values);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
}

/* Exchanges the cursor's batch for the user's old buffers. */
static void swap(struct lun_prefetch *ahead)
{
	struct lun_cursor *cur = &ahead->cur;
	uint8_t *keys = ahead->keys, *values = ahead->values;
	uint32_t capacity = ahead->capacity;

	ahead->keys = cur->keys;
	ahead->values = cur->values;
	ahead->capacity = cur->capacity;
	ahead->count = cur->count;
	ahead->done = cur->done;
	cur->keys = keys;
	cur->values = values;
	cur->capacity = capacity;
}

static bool wait_for(struct lun_prefetch *ahead, bool ready)
{
	while (ahead->ready != ready && !ahead->stop)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	return !ahead->stop;
}

/* Reads a batch whenever the last one was taken; ends after the last batch or an error. */
static void *read_ahead(void *arg)
{
	struct lun_prefetch *ahead = arg;
	bool more = true;

	pthread_mutex_lock(&ahead->lock);
	while (more && wait_for(ahead, false)) {
		int result;

		pthread_mutex_unlock(&ahead->lock);
		result = lun_cursor_next(&ahead->cur);
		pthread_mutex_lock(&ahead->lock);
		ahead->result = result;
		ahead->ready = true;
		more = result >= 0 && !ahead->cur.done;
		pthread_cond_signal(&ahead->changed);
	}
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

/* Starts the thread with signals blocked: they belong to the program's own threads. */
static int start(struct lun_prefetch *ahead)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&ahead->thread, NULL, read_ahead, ahead);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	ahead->running = !err;
	return -err;
}

static int take(struct lun_prefetch *ahead)
{
	int result;

	pthread_mutex_lock(&ahead->lock);
	wait_for(ahead, true);
	result = ahead->result;
	if (result >= 0)
		swap(ahead);
	else
		ahead->done = true; /* the thread has ended and would not answer */
	ahead->ready = false;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	return result;
}

/* Allocates the buffers into which the thread reads while the user has the others. */
static int second_buffers(struct lun_prefetch *ahead)
{
	const struct lun_map *map = &ahead->cur.map;
	size_t n = ahead->cur.capacity;

	ahead->keys = malloc(n * map->info.key_size + 1);
	ahead->values = malloc(n * map->value_bytes + 1);
	ahead->capacity = (uint32_t)n;
	return ahead->keys && ahead->values ? 0 : -ENOMEM;
}

int lun_prefetch_next(struct lun_prefetch *ahead)
{
	int n, err;

	if (ahead->done)
		return ahead->count = 0;
	if (ahead->running)
		return take(ahead);
	n = lun_cursor_next(&ahead->cur);
	if (n < 0)
		return n;
	err = ahead->keys ? 0 : second_buffers(ahead);
	if (err) {
		ahead->done = true;
		return err;
	}
	swap(ahead);
	/* When no thread can be started, batches are read without prefetching. */
	if (!ahead->alone && !ahead->done && ahead->count == ahead->capacity)
		start(ahead);
	return n;
}
