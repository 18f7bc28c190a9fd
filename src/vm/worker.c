/* The pool's threads: each has a VM and runs jobs in it, in the order in which they came. */
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>

#include "text/log.h"
#include "vm/pool_private.h"

#define TIDY_AFTER 0.5 /* seconds without a job */

static _Thread_local struct lun_worker *current;

struct lun_worker *lun_worker_current(void)
{
	return current;
}

unsigned lun_worker_epoch(const struct lun_worker *worker)
{
	return worker->epoch;
}

int lun_thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 8u << 20);
	err = pthread_create(thread, &attr, run, arg);
	pthread_attr_destroy(&attr);
	return -err;
}

static void queue_add(
	struct lun_generation *generation, struct lun_queue *queue, struct lun_job *job)
{
	job->number = generation->jobs++;
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
}

static struct lun_job *queue_take(struct lun_queue *queue)
{
	struct lun_job *job = queue->first;

	if (!job)
		return NULL;
	queue->first = job->next;
	if (!queue->first)
		queue->last = &queue->first;
	return job;
}

/* Under the lock: the oldest job of the worker's own and of the shared ones. */
static struct lun_job *take_job(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;
	struct lun_job *own = worker->own.first, *shared = generation->shared.first;

	if (own && (!shared || own->number < shared->number))
		return queue_take(&worker->own);
	if (shared)
		generation->queued--;
	return queue_take(&generation->shared);
}

static void wake_idle(struct lun_generation *generation)
{
	for (unsigned i = 0; i < generation->workers_len; i++) {
		struct lun_worker *worker = &generation->workers[i];

		if (!worker->idle)
			continue;
		worker->idle = false;
		pthread_cond_signal(&worker->wake);
		return;
	}
}

static int submit(struct lun_generation *generation, struct lun_job *job)
{
	int err = 0;

	pthread_mutex_lock(&generation->lock);
	if (generation->stopping || generation->retired)
		err = -ESHUTDOWN;
	else if (generation->queued >= generation->pool->config.queue)
		err = -EBUSY;
	if (!err) {
		queue_add(generation, &generation->shared, job);
		generation->queued++;
		wake_idle(generation);
	}
	pthread_mutex_unlock(&generation->lock);
	return err;
}

int lun_job_submit(struct lun_pool *pool, struct lun_job *job)
{
	int err = -ESHUTDOWN;

	pthread_mutex_lock(&pool->lock);
	if (pool->current)
		err = submit(pool->current, job);
	pthread_mutex_unlock(&pool->lock);
	return err;
}

int lun_job_send(struct lun_worker *worker, struct lun_job *job)
{
	struct lun_generation *generation = worker->generation;
	int err = 0;

	pthread_mutex_lock(&generation->lock);
	if (generation->stopping) {
		err = -ESHUTDOWN;
	} else {
		queue_add(generation, &worker->own, job);
		worker->idle = false;
		pthread_cond_signal(&worker->wake);
	}
	pthread_mutex_unlock(&generation->lock);
	return err;
}

struct lun_worker *lun_worker_hold(struct lun_worker *worker)
{
	pthread_mutex_lock(&worker->generation->lock);
	worker->generation->holds++;
	pthread_mutex_unlock(&worker->generation->lock);
	return worker;
}

void lun_worker_release(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;

	pthread_mutex_lock(&generation->lock);
	if (--generation->holds == 0)
		lun_generation_wake(generation);
	pthread_mutex_unlock(&generation->lock);
}

void lun_worker_add_conn(struct lun_worker *worker, struct lun_conn *conn)
{
	pthread_mutex_lock(&worker->generation->lock);
	conn->next = worker->conns;
	if (conn->next)
		conn->next->prev = conn;
	worker->conns = conn;
	worker->generation->conns++;
	pthread_mutex_unlock(&worker->generation->lock);
}

void lun_worker_remove_conn(struct lun_worker *worker, struct lun_conn *conn)
{
	pthread_mutex_lock(&worker->generation->lock);
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		worker->conns = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	worker->generation->conns--;
	pthread_mutex_unlock(&worker->generation->lock);
}

void lun_worker_close_conns(struct lun_worker *worker, int code, const char *reason)
{
	pthread_mutex_lock(&worker->generation->lock);
	for (struct lun_conn *conn = worker->conns; conn; conn = conn->next)
		lun_conn_close(conn, code, reason);
	pthread_mutex_unlock(&worker->generation->lock);
}

void lun_generation_wake(struct lun_generation *generation)
{
	for (unsigned i = 0; i < generation->workers_len; i++) {
		generation->workers[i].idle = false;
		pthread_cond_signal(&generation->workers[i].wake);
	}
}

/* Under the lock: no more work will come. */
static bool is_done(const struct lun_generation *generation)
{
	return generation->stopping || (generation->retired && generation->holds == 0);
}

/* Under the lock. What a VM needs no more is given back when no job comes for a moment. */
static void wait_idle(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;
	struct timespec until;

	worker->idle = true;
	if (!lun_worker_is_untidy(worker)) {
		pthread_cond_wait(&worker->wake, &generation->lock);
		return;
	}
	lun_seconds_from_now(&until, TIDY_AFTER);
	if (pthread_cond_timedwait(&worker->wake, &generation->lock, &until) != ETIMEDOUT)
		return;
	pthread_mutex_unlock(&generation->lock);
	lun_worker_tidy(worker);
	pthread_mutex_lock(&generation->lock);
}

/* The next job, or NULL when the thread is to end. */
static struct lun_job *wait_for_job(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;
	struct lun_job *job;

	pthread_mutex_lock(&generation->lock);
	while (!(job = take_job(worker)) && !is_done(generation))
		wait_idle(worker);
	worker->idle = false;
	pthread_mutex_unlock(&generation->lock);
	return job;
}

static void run_job(struct lun_worker *worker, struct lun_job *job)
{
	const struct lun_pool_config *config = &worker->generation->pool->config;
	struct lun_vm_limits limits = { config->seconds, config->instructions };
	lua_State *L = worker->L;
	int status;

	lua_pushcfunction(L, job->call);
	lua_pushlightuserdata(L, job);
	status = lun_vm_run(L, 1, 0, &limits);
	if (status)
		lun_log("error", "%s", lua_tostring(L, -1));
	job->finish(job, status ? lua_tostring(L, -1) : NULL);
	lua_settop(L, 0);
	lun_worker_check_memory(worker);
}

static void cancel_jobs(struct lun_worker *worker)
{
	struct lun_job *job;

	for (;;) {
		pthread_mutex_lock(&worker->generation->lock);
		job = take_job(worker);
		pthread_mutex_unlock(&worker->generation->lock);
		if (!job)
			return;
		job->finish(job, "shutting down");
	}
}

static void report_loaded(struct lun_worker *worker, char *err)
{
	struct lun_generation *generation = worker->generation;

	pthread_mutex_lock(&generation->lock);
	if (!generation->err)
		generation->err = err;
	else
		free(err);
	generation->pending--;
	pthread_cond_broadcast(&generation->loaded);
	pthread_mutex_unlock(&generation->lock);
}

static void end_thread(struct lun_generation *generation)
{
	bool last;

	pthread_mutex_lock(&generation->lock);
	last = --generation->threads == 0;
	pthread_mutex_unlock(&generation->lock);
	if (last)
		lun_generation_free(generation);
}

static void *run_worker(void *arg)
{
	struct lun_worker *worker = arg;
	struct lun_job *job;
	char *err = NULL;

	pthread_detach(pthread_self());
	current = worker;
	worker->L = lun_pool_vm(&worker->generation->pool->config, true, &err);
	if (worker->L)
		worker->memory = lun_vm_memory(worker->L);
	report_loaded(worker, err);
	while ((job = wait_for_job(worker))) {
		if (worker->L)
			run_job(worker, job);
		else
			job->finish(job, "not loaded");
	}
	cancel_jobs(worker);
	if (worker->L)
		lun_vm_free(worker->L);
	end_thread(worker->generation);
	return NULL;
}

static void init_workers(struct lun_generation *generation)
{
	for (unsigned i = 0; i < generation->workers_len; i++) {
		struct lun_worker *worker = &generation->workers[i];

		worker->generation = generation;
		worker->own.last = &worker->own.first;
		lun_cond_init(&worker->wake);
	}
}

int lun_generation_start(struct lun_generation *generation)
{
	pthread_t thread;
	int failed;

	init_workers(generation);
	generation->threads = generation->pending = 1; // ourselves, while we wait
	pthread_mutex_lock(&generation->lock);
	for (unsigned i = 0; i < generation->workers_len; i++) {
		int err = lun_thread_start(&thread, run_worker, &generation->workers[i]);

		if (err) {
			if (asprintf(&generation->err,
				    "a VM's thread can't be started: %s (ulimit -u, or the "
				    "container's limit of pids)",
				    strerror(-err)) < 0)
				generation->err = NULL;
			break;
		}
		generation->threads++;
		generation->pending++;
	}
	while (generation->pending > 1)
		pthread_cond_wait(&generation->loaded, &generation->lock);
	failed = generation->err || generation->threads == 1 ? -1 : 0;
	generation->pending = 0;
	pthread_mutex_unlock(&generation->lock);
	return failed;
}
