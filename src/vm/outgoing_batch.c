#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "text/monotonic.h"
#include "vm/outgoing_private.h"

struct lun_batch {
	atomic_uint refs;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	struct lun_exchange *finished, **last;
	unsigned left; /* not taken yet */
	size_t most, held;
	bool closed;
};

void lun_batch_unref(struct lun_batch *batch)
{
	if (!batch || atomic_fetch_sub(&batch->refs, 1) != 1)
		return;
	while (batch->finished) {
		struct lun_exchange *one = batch->finished;

		batch->finished = one->next;
		one->batch = NULL;
		lun_exchange_free(one);
	}
	pthread_cond_destroy(&batch->wake);
	pthread_mutex_destroy(&batch->lock);
	free(batch);
}

struct lun_batch *lun_batch_new(size_t most)
{
	struct lun_batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return NULL;
	atomic_init(&batch->refs, 1);
	pthread_mutex_init(&batch->lock, NULL);
	lun_cond_init(&batch->wake);
	batch->last = &batch->finished;
	batch->most = most;
	return batch;
}

bool lun_batch_closed(struct lun_batch *batch)
{
	bool closed;

	pthread_mutex_lock(&batch->lock);
	closed = batch->closed;
	pthread_mutex_unlock(&batch->lock);
	return closed;
}

bool lun_batch_hold(struct lun_batch *batch, size_t len)
{
	bool fits;

	pthread_mutex_lock(&batch->lock);
	fits = batch->held + len <= batch->most;
	batch->held += fits ? len : 0;
	pthread_mutex_unlock(&batch->lock);
	return fits;
}

void lun_batch_finish(struct lun_exchange *exchange)
{
	struct lun_batch *batch = exchange->batch;

	pthread_mutex_lock(&batch->lock);
	exchange->next = NULL;
	*batch->last = exchange;
	batch->last = &exchange->next;
	exchange->batch = NULL; // the reference is ours until below
	pthread_cond_signal(&batch->wake);
	pthread_mutex_unlock(&batch->lock);
	lun_batch_unref(batch);
}

int lun_batch_add(struct lun_batch *batch, struct lun_exchange *exchange)
{
	int err;

	atomic_fetch_add(&batch->refs, 1);
	exchange->batch = batch;
	pthread_mutex_lock(&batch->lock);
	batch->left++;
	pthread_mutex_unlock(&batch->lock);
	err = lun_outgoing_add(exchange);
	if (!err)
		return 0;
	pthread_mutex_lock(&batch->lock);
	batch->left--;
	pthread_mutex_unlock(&batch->lock);
	lun_exchange_free(exchange);
	return err;
}

struct lun_exchange *lun_batch_take(struct lun_batch *batch, int ms, unsigned *left)
{
	struct lun_exchange *one;
	struct timespec until;
	int err = 0;

	lun_seconds_from_now(&until, ms / 1e3);
	pthread_mutex_lock(&batch->lock);
	while (!batch->finished && batch->left && !err)
		err = pthread_cond_timedwait(&batch->wake, &batch->lock, &until);
	one = batch->finished;
	if (one) {
		batch->finished = one->next;
		if (!batch->finished)
			batch->last = &batch->finished;
		batch->left--;
	}
	*left = batch->left;
	pthread_mutex_unlock(&batch->lock);
	return one;
}

void lun_batch_close(struct lun_batch *batch)
{
	pthread_mutex_lock(&batch->lock);
	batch->closed = true;
	pthread_mutex_unlock(&batch->lock);
	lun_batch_unref(batch);
	lun_outgoing_sweep();
}
