/*
 * Timers of connections. One thread sleeps until the next timer is due and posts its event to the
 * connection's VM. A timer whose last event has not run yet skips its turn.
 */
#include <errno.h>
#include <time.h>

#include "text/monotonic.h"
#include "vm/conn_private.h"

struct timer {
	struct timer *next;
	atomic_uint refs;
	atomic_bool waiting;   /* the last event has not run yet */
	struct lun_conn *conn; /* no reference: lun_conn_gone removes the timer */
	struct lun_blob *tag;
	int64_t period, due; /* ns */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static struct timer *timers;
static bool running;

static int64_t now(void)
{
	return (int64_t)lun_clock_ns(CLOCK_MONOTONIC);
}

static void unref(struct timer *timer)
{
	if (atomic_fetch_sub(&timer->refs, 1) != 1)
		return;
	lun_blob_unref(timer->tag);
	free(timer);
}

static void on_done(void *ctx)
{
	struct timer *timer = ctx;

	timer->waiting = false;
	unref(timer);
}

static void fire(struct timer *timer, int64_t time)
{
	timer->due += timer->period;
	if (timer->due <= time)
		timer->due = time + timer->period;
	if (atomic_exchange(&timer->waiting, true))
		return;
	atomic_fetch_add(&timer->refs, 1);
	lun_conn_event(timer->conn, timer->tag, NULL, on_done, timer);
}

/* Posts the events of all due timers. Returns the time at which the next one is due. */
static int64_t fire_due(void)
{
	int64_t time = now(), next = INT64_MAX;

	for (struct timer *timer = timers; timer; timer = timer->next) {
		if (timer->due <= time)
			fire(timer, time);
		if (timer->due < next)
			next = timer->due;
	}
	return next;
}

static void *run(void *unused)
{
	struct timespec until;
	int64_t next;

	(void)unused;
	pthread_mutex_lock(&lock);
	while (timers) {
		next = fire_due();
		until.tv_sec = next / INT64_C(1000000000);
		until.tv_nsec = next % INT64_C(1000000000);
		pthread_cond_timedwait(&changed, &lock, &until);
	}
	running = false;
	pthread_cond_destroy(&changed);
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* Under the lock. Starts the thread with the first timer. */
static int start(void)
{
	pthread_attr_t detached;
	pthread_t thread;
	int err;

	if (running)
		return 0;
	lun_cond_init(&changed);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &detached, run, NULL);
	pthread_attr_destroy(&detached);
	running = !err;
	return -err;
}

static int add(struct timer *timer)
{
	int err = 0;

	pthread_mutex_lock(&lock);
	pthread_mutex_lock(&timer->conn->lock);
	if (timer->conn->gone)
		err = -EPIPE;
	pthread_mutex_unlock(&timer->conn->lock);
	if (!err)
		err = start();
	if (!err) {
		timer->next = timers;
		timers = timer;
		pthread_cond_signal(&changed);
	}
	pthread_mutex_unlock(&lock);
	return err;
}

int lun_clock_add(struct lun_conn *conn, double seconds, struct lun_blob *tag)
{
	struct timer *timer = calloc(1, sizeof(*timer));
	int err;

	if (!timer)
		return -ENOMEM;
	atomic_init(&timer->refs, 1);
	timer->conn = conn;
	timer->tag = lun_blob_ref(tag);
	timer->period = (int64_t)(seconds * 1e9);
	timer->due = now() + timer->period;
	err = add(timer);
	if (err)
		unref(timer);
	return err;
}

static bool matches(
	const struct timer *timer, const struct lun_conn *conn, const struct lun_blob *tag)
{
	if (timer->conn != conn)
		return false;
	return !tag ||
		(timer->tag->len == tag->len && memcmp(timer->tag->data, tag->data, tag->len) == 0);
}

void lun_clock_remove(struct lun_conn *conn, const struct lun_blob *tag)
{
	pthread_mutex_lock(&lock);
	for (struct timer **slot = &timers; *slot;) {
		struct timer *timer = *slot;

		if (!matches(timer, conn, tag)) {
			slot = &timer->next;
			continue;
		}
		*slot = timer->next;
		unref(timer);
	}
	if (running)
		pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}
