/* The pool's threads: each has a VM and runs jobs in order of arrival. */
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

struct lun_job *lun_queue_take_all(struct lun_queue *queue)
{
	struct lun_job *list = queue->first;

	queue->first = NULL;
	queue->last = &queue->first;
	return list;
}

void lun_job_unref(struct lun_job *job)
{
	if (atomic_fetch_sub(&job->refs, 1) == 1)
		job->free(job);
}

void lun_jobs_cancel(struct lun_job *list, const char *why, bool given_up)
{
	struct lun_job *next;

	for (; list; list = next) {
		next = list->next;
		list->finish(list, why, given_up);
		lun_job_unref(list);
	}
}

/* Under the lock. Takes the oldest job, from the worker's own queue or the shared one. */
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

static void wake(struct lun_worker *worker)
{
	worker->idle = false;
	pthread_cond_signal(&worker->wake);
}

static void wake_idle(struct lun_generation *generation)
{
	struct lun_worker *worker = generation->workers;

	while (worker && !worker->idle)
		worker = worker->next;
	if (worker)
		wake(worker);
}

static int submit(struct lun_generation *generation, struct lun_job *job)
{
	int err = 0;

	pthread_mutex_lock(&generation->lock);
	if (generation->stopping || generation->retired)
		err = -ESHUTDOWN;
	else if (!generation->serving)
		err = -EDEADLK;
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
	if (generation->stopping || worker->given_up) {
		err = -ESHUTDOWN;
	} else {
		queue_add(generation, &worker->own, job);
		wake(worker);
	}
	pthread_mutex_unlock(&generation->lock);
	return err;
}

/* Under the lock. */
static void hold(struct lun_worker *worker)
{
	worker->refs++;
	worker->holds++;
	worker->generation->holds += !worker->given_up;
}

struct lun_worker *lun_worker_hold(struct lun_worker *worker)
{
	pthread_mutex_lock(&worker->generation->lock);
	hold(worker);
	pthread_mutex_unlock(&worker->generation->lock);
	return worker;
}

struct lun_worker *lun_worker_hold_any(struct lun_generation *generation)
{
	struct lun_worker *worker;

	pthread_mutex_lock(&generation->lock);
	worker = generation->workers;
	while (worker && worker->given_up)
		worker = worker->next;
	if (worker)
		hold(worker);
	pthread_mutex_unlock(&generation->lock);
	return worker;
}

/* Drops a reference; the last one frees the worker. */
static void unref(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;
	bool last;

	pthread_mutex_lock(&generation->lock);
	last = --worker->refs == 0;
	pthread_mutex_unlock(&generation->lock);
	if (!last)
		return;
	pthread_cond_destroy(&worker->wake);
	free(worker);
	lun_generation_unref(generation);
}

void lun_worker_release(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;

	pthread_mutex_lock(&generation->lock);
	worker->holds--;
	if (!worker->given_up && --generation->holds == 0)
		lun_generation_wake(generation);
	pthread_mutex_unlock(&generation->lock);
	unref(worker);
}

void lun_worker_add_conn(struct lun_worker *worker, struct lun_conn *conn)
{
	pthread_mutex_lock(&worker->generation->lock);
	conn->next = worker->conns;
	if (conn->next)
		conn->next->prev = conn;
	worker->conns = conn;
	worker->conns_len++;
	worker->generation->conns += !worker->given_up;
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
	worker->conns_len--;
	worker->generation->conns -= !worker->given_up;
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
	for (struct lun_worker *worker = generation->workers; worker; worker = worker->next)
		wake(worker);
}

/* Under the lock. */
static void begin(struct lun_worker *worker, double seconds)
{
	worker->until = seconds > 0 ? lun_monotonic() + seconds : 0;
	worker->late = 0;
}

void lun_worker_begin(struct lun_worker *worker, double seconds)
{
	struct lun_generation *generation = worker->generation;

	pthread_mutex_lock(&generation->lock);
	begin(worker, seconds);
	pthread_mutex_unlock(&generation->lock);
	lun_supervisor_wake(generation->pool);
}

void lun_worker_set_vm(struct lun_worker *worker, lua_State *L)
{
	pthread_mutex_lock(&worker->generation->lock);
	worker->L = L;
	pthread_mutex_unlock(&worker->generation->lock);
}

/* Under the lock. True when no more work will come. */
static bool is_done(const struct lun_worker *worker)
{
	const struct lun_generation *generation = worker->generation;

	return worker->given_up || generation->stopping ||
		(generation->retired && generation->holds == 0);
}

/* Under the lock. Waits; when no job arrives for a moment, returns unused memory of the VM. */
static void wait_idle(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;
	struct timespec until;

	worker->until = 0;
	worker->idle = true;
	if (!lun_worker_is_untidy(worker)) {
		pthread_cond_wait(&worker->wake, &generation->lock);
		return;
	}
	lun_seconds_from_now(&until, TIDY_AFTER);
	if (pthread_cond_timedwait(&worker->wake, &generation->lock, &until) != ETIMEDOUT)
		return;
	worker->idle = false;
	pthread_mutex_unlock(&generation->lock);
	lun_worker_begin(worker, generation->pool->config.seconds);
	lun_worker_tidy(worker);
	pthread_mutex_lock(&generation->lock);
}

/* The next job; NULL when the thread must end. */
static struct lun_job *wait_for_job(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;
	struct lun_job *job = NULL;

	pthread_mutex_lock(&generation->lock);
	while (!worker->given_up && !(job = take_job(worker)) && !is_done(worker))
		wait_idle(worker);
	worker->idle = false;
	worker->job = job;
	if (job)
		begin(worker, generation->pool->config.seconds);
	pthread_mutex_unlock(&generation->lock);
	if (job)
		lun_supervisor_wake(generation->pool);
	return job;
}

/* False when the supervisor has given the job up and reported its failure. */
static bool claim_job(struct lun_worker *worker)
{
	bool mine;

	pthread_mutex_lock(&worker->generation->lock);
	mine = !worker->given_up;
	worker->job = NULL;
	pthread_mutex_unlock(&worker->generation->lock);
	return mine;
}

static void run_job(struct lun_worker *worker, struct lun_job *job)
{
	const struct lun_pool_config *config = &worker->generation->pool->config;
	struct lun_vm_limits limits = { config->seconds, config->instructions };
	lua_State *L = worker->L;
	bool mine;
	int status;

	lua_pushcfunction(L, job->call);
	lua_pushlightuserdata(L, job);
	status = lun_vm_run(L, 1, 0, &limits);
	mine = claim_job(worker);
	if (mine && status)
		lun_log("error", "%s", lua_tostring(L, -1));
	if (mine)
		job->finish(job, status ? lua_tostring(L, -1) : NULL, false);
	lun_job_unref(job);
	lua_settop(L, 0);
	if (mine)
		lun_worker_check_memory(worker);
}

static void cancel_jobs(struct lun_worker *worker)
{
	struct lun_job *job;

	for (;;) {
		pthread_mutex_lock(&worker->generation->lock);
		job = worker->given_up ? NULL : take_job(worker);
		pthread_mutex_unlock(&worker->generation->lock);
		if (!job)
			return;
		job->next = NULL;
		lun_jobs_cancel(job, "shutting down", false);
	}
}

/* Under the lock. The worker stops serving. When it was the last one, returns the waiting jobs,
 * which will never run. */
static struct lun_job *stop_serving(struct lun_generation *generation)
{
	if (--generation->serving)
		return NULL;
	generation->queued = 0;
	return lun_queue_take_all(&generation->shared);
}

enum { RETRY_AFTER = 5 }; /* seconds until loading failed scripts is tried again */

/* Under the lock. The first workers report to the thread that waits for the generation's start. */
static void report_first(struct lun_generation *generation, char *err)
{
	if (!generation->err)
		generation->err = err;
	else
		free(err);
	generation->pending--;
	pthread_cond_broadcast(&generation->loaded);
}

/* err: malloc'd; NULL when the scripts are loaded. False when the worker must end. */
static bool report_loaded(struct lun_worker *worker, char *err)
{
	struct lun_generation *generation = worker->generation;
	bool goes_on = !err, first = worker->first, told;
	struct lun_job *waiting = NULL;

	pthread_mutex_lock(&generation->lock);
	told = worker->given_up; // the supervisor has reported it already
	worker->until = 0;
	worker->loading = false;
	if (err && !told) {
		waiting = stop_serving(generation);
		generation->retry = lun_monotonic() + RETRY_AFTER;
	}
	if (first && !told)
		report_first(generation, err);
	pthread_mutex_unlock(&generation->lock);
	if (!first && !told)
		lun_log(err ? "error" : "info", "a VM is %s%s", err ? "not replaced: " : "replaced",
			err ? err : "");
	if (!first || told)
		free(err);
	lun_jobs_cancel(waiting, "no VM is left that has loaded the scripts", true);
	return goes_on && !told;
}

static char *load(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;
	const struct lun_pool_config *config = &generation->pool->config;
	lua_State *L = lun_vm_new(config->vm);
	char *err;

	if (!L)
		return strdup("not enough memory for a Lua VM");
	pthread_mutex_lock(&generation->lock);
	worker->L = L;
	begin(worker, config->load_seconds);
	if (generation->stopping)
		lun_vm_stop(L);
	pthread_mutex_unlock(&generation->lock);
	lun_supervisor_wake(generation->pool);
	err = lun_pool_load(L, config, true);
	worker->memory = lun_vm_memory(L);
	return err;
}

/* Closes the VM; its finalizers may get stuck, too. */
static void close_vm(struct lun_worker *worker)
{
	lua_State *L = worker->L;

	lun_worker_begin(worker, worker->generation->pool->config.seconds);
	lun_worker_set_vm(worker, NULL);
	if (L)
		lun_vm_free(L);
}

static void forget_stuck(struct lun_worker *worker)
{
	struct lun_pool *pool = worker->generation->pool;

	pthread_mutex_lock(&pool->lock);
	pool->stuck--;
	pool->told_full = false;
	pthread_mutex_unlock(&pool->lock);
	lun_log("info", "a VM that was given up has ended: %s", worker->place);
}

static void unlink_worker(struct lun_generation *generation, const struct lun_worker *worker)
{
	struct lun_worker **slot = &generation->workers;

	while (*slot != worker)
		slot = &(*slot)->next;
	*slot = worker->next;
}

static void end_worker(struct lun_worker *worker)
{
	struct lun_generation *generation = worker->generation;
	bool given_up;

	close_vm(worker);
	pthread_mutex_lock(&generation->lock);
	given_up = worker->given_up;
	worker->until = 0;
	unlink_worker(generation, worker);
	generation->live -= !given_up;
	pthread_mutex_unlock(&generation->lock);
	if (given_up)
		forget_stuck(worker);
	lun_pool_changed(generation->pool);
	unref(worker);
}

static void *run_worker(void *arg)
{
	struct lun_worker *worker = arg;
	struct lun_job *job;

	pthread_detach(pthread_self());
	current = worker;
	if (report_loaded(worker, load(worker))) {
		while ((job = wait_for_job(worker)))
			run_job(worker, job);
		cancel_jobs(worker);
	}
	end_worker(worker);
	return NULL;
}

static struct lun_worker *new_worker(struct lun_generation *generation, bool first)
{
	struct lun_worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->generation = generation;
	worker->refs = 1;
	worker->loading = true;
	worker->first = first;
	worker->own.last = &worker->own.first;
	lun_cond_init(&worker->wake);
	return worker;
}

int lun_worker_start(struct lun_generation *generation, bool first)
{
	struct lun_worker *worker = new_worker(generation, first);
	pthread_t thread;
	int err = worker ? lun_thread_start(&thread, run_worker, worker) : -ENOMEM;

	if (err) {
		if (worker)
			pthread_cond_destroy(&worker->wake);
		free(worker);
		return err;
	}
	worker->next = generation->workers;
	generation->workers = worker;
	generation->refs++;
	generation->live++;
	generation->serving++;
	generation->pending += first;
	return 0;
}

static void note_no_thread(struct lun_generation *generation, int err)
{
	if (asprintf(&generation->err,
		    "a VM's thread can't be started: %s (ulimit -u, or the container's limit of "
		    "pids)",
		    strerror(-err)) < 0)
		generation->err = NULL;
}

int lun_generation_start(struct lun_generation *generation)
{
	int err = 0, failed;

	pthread_mutex_lock(&generation->lock);
	for (unsigned i = 0; i < generation->workers_len && !err; i++)
		err = lun_worker_start(generation, true);
	if (err)
		note_no_thread(generation, err);
	while (generation->pending > 0)
		pthread_cond_wait(&generation->loaded, &generation->lock);
	failed = err || generation->err ? -1 : 0;
	pthread_mutex_unlock(&generation->lock);
	return failed;
}
