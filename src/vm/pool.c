#include "vm/pool_private.h"

#include <errno.h>
#include <lauxlib.h>
#include <malloc.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "vm/pack.h"

/* load(options, answers): require("lunette.http.worker").load(options, answers) */
static int l_load(lua_State *L)
{
	const struct lun_pool_config *config = lua_touserdata(L, 1);
	bool answers = lua_toboolean(L, 2);

	lua_getglobal(L, "require");
	lua_pushliteral(L, "lunette.http.worker");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "load");
	lun_unpack(L, config->options, config->options_len);
	lua_pushboolean(L, answers);
	lua_call(L, 2, 0);
	return 0;
}

char *lun_pool_load(lua_State *L, const struct lun_pool_config *config, bool answers)
{
	struct lun_vm_limits limits = { config->load_seconds, config->instructions };
	char *err = NULL;

	lua_pushcfunction(L, l_load);
	lua_pushlightuserdata(L, (void *)config);
	lua_pushboolean(L, answers);
	if (lun_vm_run(L, 2, 0, &limits))
		err = strdup(lua_tostring(L, -1) ? lua_tostring(L, -1) : "?");
	lua_settop(L, 0);
	return err;
}

static unsigned count_workers(unsigned asked)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (asked)
		return asked > LUN_MAX_WORKERS ? LUN_MAX_WORKERS : asked;
	return cpus < 2 ? 2 : cpus > LUN_MAX_WORKERS ? LUN_MAX_WORKERS : (unsigned)cpus;
}

static struct lun_generation *new_generation(struct lun_pool *pool)
{
	struct lun_generation *generation = calloc(1, sizeof(*generation));

	if (!generation)
		return NULL;
	generation->pool = pool;
	generation->refs = 1;
	generation->workers_len = count_workers(pool->config.workers);
	generation->shared.last = &generation->shared.first;
	pthread_mutex_init(&generation->lock, NULL);
	lun_cond_init(&generation->loaded);
	pthread_mutex_lock(&pool->lock);
	generation->serial = ++pool->serials;
	generation->next = pool->generations;
	pool->generations = generation;
	pthread_mutex_unlock(&pool->lock);
	return generation;
}

/* Removes the generation from the pool's list: no other thread finds it any more. */
static void unlink_generation(struct lun_pool *pool, const struct lun_generation *generation)
{
	struct lun_generation **slot = &pool->generations;

	while (*slot != generation)
		slot = &(*slot)->next;
	*slot = generation->next;
}

static void free_pool(struct lun_pool *pool)
{
	pthread_cond_destroy(&pool->bell);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* Frees the generation. The pool itself may be freed once it sees that this was the last one. */
static void free_generation(struct lun_generation *generation)
{
	struct lun_pool *pool = generation->pool;
	bool last;

	pthread_mutex_lock(&pool->lock);
	unlink_generation(pool, generation);
	lun_services_free(generation);
	pthread_cond_destroy(&generation->loaded);
	pthread_mutex_destroy(&generation->lock);
	free(generation->err);
	free(generation);
	malloc_trim(0); // the freed VMs lay between memory that is still used
	last = pool->abandoned && !pool->generations;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	if (last)
		free_pool(pool);
}

void lun_generation_unref(struct lun_generation *generation)
{
	bool last;

	pthread_mutex_lock(&generation->lock);
	last = --generation->refs == 0;
	pthread_mutex_unlock(&generation->lock);
	if (last)
		free_generation(generation);
}

void lun_pool_changed(struct lun_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

/* Drops the maker's reference; stop: the workers end at once. */
static void leave(struct lun_generation *generation, bool stop)
{
	pthread_mutex_lock(&generation->lock);
	if (stop)
		generation->stopping = true;
	lun_generation_wake(generation);
	pthread_mutex_unlock(&generation->lock);
	lun_generation_unref(generation);
}

/* Under the pool's lock. Ends all loading soon. */
static void stop_loading(struct lun_generation *generation)
{
	pthread_mutex_lock(&generation->lock);
	generation->stopping = true;
	if (!generation->err)
		generation->err = strdup("the server ends");
	for (struct lun_worker *worker = generation->workers; worker; worker = worker->next) {
		if (!worker->loading || !worker->L)
			continue;
		lun_vm_stop(worker->L);
		worker->until = lun_monotonic();
	}
	pthread_mutex_unlock(&generation->lock);
}

/* Before the threads start: lun_pool_stop_loading may have been called already. */
static void stop_if_ending(struct lun_generation *generation)
{
	struct lun_pool *pool = generation->pool;

	pthread_mutex_lock(&pool->lock);
	if (pool->ending)
		stop_loading(generation);
	pthread_mutex_unlock(&pool->lock);
}

void lun_pool_stop_loading(struct lun_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	for (struct lun_generation *one = pool->generations; one; one = one->next) {
		if (one != pool->current && !one->retired)
			stop_loading(one);
	}
	pthread_mutex_unlock(&pool->lock);
}

/* Makes a generation with the scripts loaded; NULL with *err on failure. */
static struct lun_generation *load_generation(struct lun_pool *pool, char **err)
{
	struct lun_generation *generation = new_generation(pool);

	*err = NULL;
	if (!generation) {
		*err = strdup("not enough memory");
		return NULL;
	}
	stop_if_ending(generation);
	if (lun_generation_start(generation)) {
		*err = generation->err;
		generation->err = NULL;
		leave(generation, true);
		return NULL;
	}
	return generation;
}

/* The generation takes no more requests; asks its connections to reconnect and its services to
 * end. */
static void retire(struct lun_generation *generation, int code, const char *reason)
{
	pthread_mutex_lock(&generation->lock);
	generation->retired = true;
	for (struct lun_worker *worker = generation->workers; worker; worker = worker->next) {
		for (struct lun_conn *conn = worker->conns; conn; conn = conn->next)
			lun_conn_close(conn, code, reason);
	}
	pthread_mutex_unlock(&generation->lock);
	lun_services_stop(generation);
}

static struct lun_generation *make_current(struct lun_pool *pool, struct lun_generation *next)
{
	struct lun_generation *before;

	pthread_mutex_lock(&pool->lock);
	before = pool->current;
	pool->current = next;
	if (next)
		pool->number++;
	pthread_mutex_unlock(&pool->lock);
	return before;
}

static struct lun_pool *new_pool(const struct lun_pool_config *config)
{
	struct lun_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->config = *config;
	pthread_mutex_init(&pool->lock, NULL);
	lun_cond_init(&pool->changed);
	lun_cond_init(&pool->bell);
	return pool;
}

struct lun_pool *lun_pool_open(const struct lun_pool_config *config, char **err)
{
	struct lun_pool *pool = new_pool(config);
	struct lun_generation *generation;

	*err = NULL;
	if (!pool)
		return NULL;
	if (lun_supervisor_start(pool))
		*err = strdup("the supervisor's thread can't be started (ulimit -u, or the "
			      "container's limit of pids)");
	generation = *err ? NULL : load_generation(pool, err);
	if (!generation) {
		lun_pool_close(pool, 5);
		return NULL;
	}
	make_current(pool, generation);
	lun_services_start(generation);
	return pool;
}

int lun_pool_reload(struct lun_pool *pool, char **err)
{
	struct lun_generation *generation = load_generation(pool, err), *before;

	if (!generation)
		return -1;
	before = make_current(pool, generation);
	retire(before, 1012, "the scripts were loaded again");
	leave(before, false);
	lun_services_start(generation);
	return 0;
}

/* Under the pool's lock. The number of running threads, without those given up. */
static unsigned count_live(struct lun_pool *pool)
{
	unsigned live = 0;

	for (struct lun_generation *one = pool->generations; one; one = one->next) {
		pthread_mutex_lock(&one->lock);
		live += one->live;
		pthread_mutex_unlock(&one->lock);
	}
	return live;
}

/* Waits until all threads have ended or are given up. False at the timeout. */
static bool wait_for_end(struct lun_pool *pool, double seconds)
{
	struct timespec until;
	int err = 0;

	lun_seconds_from_now(&until, seconds);
	pthread_mutex_lock(&pool->lock);
	while (count_live(pool) && !err)
		err = pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
	pthread_mutex_unlock(&pool->lock);
	return !err;
}

void lun_pool_retire(struct lun_pool *pool, double seconds)
{
	struct lun_generation *last = make_current(pool, NULL);

	if (!last)
		return;
	retire(last, 1001, "the server ends");
	leave(last, false);
	wait_for_end(pool, seconds);
}

/* True when stuck threads remain: they keep using the pool, and the last of them frees it. */
static bool is_left(struct lun_pool *pool)
{
	struct timespec until;
	bool left;
	int err = 0;

	lun_seconds_from_now(&until, 0.5); // for threads that are just ending
	pthread_mutex_lock(&pool->lock);
	while (pool->generations && !pool->stuck && count_live(pool) == 0 && !err)
		err = pthread_cond_timedwait(&pool->changed, &pool->lock, &until);
	left = pool->abandoned = pool->generations != NULL;
	pthread_mutex_unlock(&pool->lock);
	return left;
}

void lun_pool_close(struct lun_pool *pool, double seconds)
{
	lun_pool_retire(pool, 0);
	wait_for_end(pool, seconds);
	lun_supervisor_stop(pool);
	if (!is_left(pool))
		free_pool(pool);
}

static void sum_figures(struct lun_generation *generation, struct lun_pool_figures *figures)
{
	pthread_mutex_lock(&generation->lock);
	figures->workers = generation->serving;
	figures->queued = generation->queued;
	figures->connections = generation->conns;
	for (struct lun_worker *worker = generation->workers; worker; worker = worker->next) {
		figures->busy += !worker->idle && !worker->given_up;
		figures->memory += worker->given_up ? 0 : worker->memory;
	}
	lun_services_count(generation, &figures->services, &figures->services_waiting);
	pthread_mutex_unlock(&generation->lock);
}

void lun_pool_figures(struct lun_pool *pool, struct lun_pool_figures *figures)
{
	*figures = (struct lun_pool_figures){ 0 };
	pthread_mutex_lock(&pool->lock);
	figures->generation = pool->number;
	figures->stuck = pool->stuck;
	figures->given_up = pool->given_up;
	if (pool->current)
		sum_figures(pool->current, figures);
	pthread_mutex_unlock(&pool->lock);
}
