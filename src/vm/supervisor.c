/*
 * The supervisor: a thread that looks, while anything runs in a pool's VMs, whether it comes to
 * its end. A worker past its time whose VM calls no hook is stuck in C code: it is given up, and
 * another one takes its place. Services that do not end when they are asked to are stopped.
 */
#include <stdio.h>
#include <string.h>

#include "text/log.h"
#include "vm/pool_private.h"
#include "vm/server_state.h"

#define PATIENCE 3.0 /* seconds after its time without a sign of life */

enum {
	LOOKS = 6,       /* so often it is looked at meanwhile */
	STUCK_TIMES = 2, /* so many stuck workers for each of the pool */
	RETRY_AFTER = 5, /* seconds until a thread that could not be started is tried again */
};

/* What is to be said and done without the locks. */
struct findings {
	struct lun_job *running; /* referenced */
	struct lun_job *waiting; /* a list */
	bool stuck, full;
	int no_thread;
	char message[256];
};

/* Seconds between two looks. */
static double tick_of(const struct lun_pool *pool)
{
	return (pool->config.patience > 0 ? pool->config.patience : PATIENCE) / LOOKS;
}

/* Does it not come to its end? It is looked at several times, since a process that was stopped for
 * a while, or a machine that slept, is late too. */
static bool is_stuck(struct lun_worker *worker, double now)
{
	unsigned beats;

	if (worker->given_up || worker->until <= 0 || now < worker->until ||
		now < worker->looked + tick_of(worker->generation->pool) / 2)
		return false;
	worker->looked = now;
	beats = worker->L ? lun_vm_beats(worker->L) : worker->beats;
	if (beats != worker->beats)
		worker->late = 0;
	worker->beats = beats;
	return ++worker->late > LOOKS;
}

static void describe(struct lun_worker *worker, char *message, size_t len)
{
	const struct lun_pool_config *config = &worker->generation->pool->config;
	double seconds = worker->loading ? config->load_seconds : config->seconds;
	const char *what = worker->loading ? "loading the scripts" : "the call";

	if (worker->L && lun_vm_stuck_at(worker->L, worker->place, sizeof(worker->place)) &&
		*worker->place != '?')
		snprintf(message, len, "%s: %s is stuck in C code, and was given up after %g s",
			worker->place, what, seconds);
	else
		snprintf(message, len, "%s is stuck in C code, and was given up after %g s", what,
			seconds);
	if (!*worker->place)
		snprintf(worker->place, sizeof(worker->place), "?");
}

/* The generation's start does not wait for it. */
static void report_load(struct lun_worker *worker, const char *message)
{
	struct lun_generation *generation = worker->generation;

	if (!worker->loading || !worker->first)
		return;
	if (!generation->err)
		generation->err = strdup(message);
	generation->pending--;
	pthread_cond_broadcast(&generation->loaded);
}

/* Its clients come again, to another VM; and nobody waits for what holds it. */
static void drop_conns(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;

	for (struct lun_conn *conn = worker->conns; conn; conn = conn->next)
		lun_conn_close(conn, 1012, "a script is stuck");
	generation->conns -= worker->conns_len;
	generation->holds -= worker->holds;
	if (generation->retired && generation->holds == 0)
		lun_generation_wake(generation);
}

static bool may_replace(const struct lun_pool *pool, const struct lun_generation *generation)
{
	return pool->stuck < STUCK_TIMES * generation->workers_len;
}

static void append(struct lun_job **list, struct lun_job *jobs)
{
	while (*list)
		list = &(*list)->next;
	*list = jobs;
}

/* Under both locks. */
static void give_up(struct lun_worker *worker, struct findings *found)
{
	struct lun_generation *generation = worker->generation;
	struct lun_pool *pool = generation->pool;

	describe(worker, found->message, sizeof(found->message));
	report_load(worker, found->message);
	drop_conns(worker);
	worker->given_up = true;
	found->stuck = true;
	found->running = worker->job;
	if (found->running)
		atomic_fetch_add(&found->running->refs, 1);
	found->waiting = lun_queue_take_all(&worker->own);
	pool->stuck++;
	pool->given_up++;
	generation->live--;
	generation->serving--;
	if (generation->serving || may_replace(pool, generation))
		return;
	append(&found->waiting, lun_queue_take_all(&generation->shared));
	generation->queued = 0;
}

/* As many as there are to be, unless too many are stuck. */
static void fill_up(struct lun_generation *generation, double now, struct findings *found)
{
	struct lun_pool *pool = generation->pool;

	if (generation != pool->current || pool->ending)
		return;
	while (generation->serving < generation->workers_len && now >= generation->retry) {
		if (!may_replace(pool, generation)) {
			found->full = !pool->told_full;
			pool->told_full = true;
			return;
		}
		found->no_thread = lun_worker_start(generation, false);
		if (found->no_thread)
			generation->retry = now + RETRY_AFTER;
	}
}

/* Under both locks: whether there is anything to look after. Ends at the first that is stuck. */
static bool look_at_workers(struct lun_generation *generation, double now, struct findings *found)
{
	bool busy = generation->serving < generation->workers_len && !generation->retired;

	for (struct lun_worker *one = generation->workers; one && !found->stuck; one = one->next) {
		busy = busy || (one->until > 0 && !one->given_up);
		if (is_stuck(one, now))
			give_up(one, found);
	}
	fill_up(generation, now, found);
	return busy;
}

/* Under the pool's lock: false when nothing runs that could get stuck. */
static bool look(struct lun_pool *pool, struct findings *found)
{
	double now = lun_monotonic();
	bool busy = false;

	for (struct lun_generation *one = pool->generations; one; one = one->next) {
		pthread_mutex_lock(&one->lock);
		if (look_at_workers(one, now, found))
			busy = true;
		if (lun_services_force_end(one, now))
			busy = true;
		pthread_mutex_unlock(&one->lock);
	}
	pthread_cond_broadcast(&pool->changed); // for those who wait for the end of services
	return busy;
}

/* Without locks: jobs fail, and the log has it. */
static void report(struct findings *found)
{
	if (found->stuck) {
		lun_log("error", "%s", found->message);
		lun_server_error(NULL, found->message);
	}
	if (found->running) {
		found->running->finish(found->running, found->message, true);
		lun_job_unref(found->running);
	}
	lun_jobs_cancel(found->waiting, found->message, true);
	if (found->no_thread)
		lun_log("error", "no thread for a new VM: %s", strerror(-found->no_thread));
	if (found->full)
		lun_log("error",
			"too many VMs are stuck in C code of scripts: no other takes "
			"their place until one of them ends");
}

static void sleep_until_next(struct lun_pool *pool, bool busy)
{
	struct timespec until;

	if (busy) {
		atomic_store(&pool->asleep, false);
		lun_seconds_from_now(&until, tick_of(pool));
		pthread_cond_timedwait(&pool->bell, &pool->lock, &until);
		return;
	}
	while (atomic_load(&pool->asleep) && !pool->closing)
		pthread_cond_wait(&pool->bell, &pool->lock);
}

static void *supervise(void *arg)
{
	struct lun_pool *pool = arg;

	pthread_mutex_lock(&pool->lock);
	while (!pool->closing) {
		struct findings found = { 0 };
		bool busy;

		atomic_store(
			&pool->asleep, true); // before it looks: what begins now rings the bell
		busy = look(pool, &found);
		if (found.stuck || found.full || found.no_thread) {
			pthread_mutex_unlock(&pool->lock);
			report(&found);
			pthread_mutex_lock(&pool->lock);
			continue;
		}
		sleep_until_next(pool, busy);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

void lun_supervisor_wake(struct lun_pool *pool)
{
	if (!atomic_load(&pool->asleep))
		return;
	pthread_mutex_lock(&pool->lock);
	if (atomic_exchange(&pool->asleep, false))
		pthread_cond_signal(&pool->bell);
	pthread_mutex_unlock(&pool->lock);
}

int lun_supervisor_start(struct lun_pool *pool)
{
	int err = pthread_create(&pool->supervisor, NULL, supervise, pool);

	pool->has_supervisor = !err;
	return -err;
}

void lun_supervisor_stop(struct lun_pool *pool)
{
	if (!pool->has_supervisor)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	pthread_cond_signal(&pool->bell);
	pthread_mutex_unlock(&pool->lock);
	pthread_join(pool->supervisor, NULL);
	pool->has_supervisor = false;
}
