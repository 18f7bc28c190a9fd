#include "vm/pool_private.h"

#include <errno.h>
#include <lauxlib.h>
#include <malloc.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "vm/pack.h"

enum { LOAD_TIMES = 3 }; /* what a request may take: scripts load side by side, once */

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

lua_State *lun_pool_vm(const struct lun_pool_config *config, bool answers, char **err)
{
	struct lun_vm_limits limits = { config->seconds * LOAD_TIMES, config->instructions };
	lua_State *L = lun_vm_new(config->vm);

	*err = NULL;
	if (!L) {
		*err = strdup("not enough memory for a Lua VM");
		return NULL;
	}
	lua_pushcfunction(L, l_load);
	lua_pushlightuserdata(L, (void *)config);
	lua_pushboolean(L, answers);
	if (lun_vm_run(L, 2, 0, &limits)) {
		*err = strdup(lua_tostring(L, -1) ? lua_tostring(L, -1) : "?");
		lun_vm_free(L);
		return NULL;
	}
	lua_settop(L, 0);
	return L;
}

static unsigned count_workers(unsigned asked)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (asked)
		return asked > 8 ? 8 : asked;
	return cpus < 2 ? 2 : cpus > 8 ? 8 : (unsigned)cpus;
}

static struct lun_generation *new_generation(struct lun_pool *pool)
{
	struct lun_generation *generation = calloc(1, sizeof(*generation));

	if (!generation)
		return NULL;
	generation->pool = pool;
	generation->workers_len = count_workers(pool->config.workers);
	generation->shared.last = &generation->shared.first;
	pthread_mutex_init(&generation->lock, NULL);
	lun_cond_init(&generation->loaded);
	pthread_mutex_lock(&pool->lock);
	pool->generations++;
	pthread_mutex_unlock(&pool->lock);
	return generation;
}

void lun_generation_free(struct lun_generation *generation)
{
	struct lun_pool *pool = generation->pool;

	lun_services_free(generation);
	for (unsigned i = 0; i < generation->workers_len; i++)
		pthread_cond_destroy(&generation->workers[i].wake);
	pthread_cond_destroy(&generation->loaded);
	pthread_mutex_destroy(&generation->lock);
	free(generation->err);
	free(generation);
	malloc_trim(0); // its VMs lay between what stays
	pthread_mutex_lock(&pool->lock);
	pool->generations--;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}

/* Gives up the maker's place among the generation's threads; stop: its workers end at once. */
static void leave(struct lun_generation *generation, bool stop)
{
	bool last;

	pthread_mutex_lock(&generation->lock);
	if (stop)
		generation->stopping = true;
	lun_generation_wake(generation);
	last = --generation->threads == 0;
	pthread_mutex_unlock(&generation->lock);
	if (last)
		lun_generation_free(generation);
}

/* A generation whose scripts have loaded, or NULL and err. */
static struct lun_generation *load_generation(struct lun_pool *pool, char **err)
{
	struct lun_generation *generation = new_generation(pool);

	*err = NULL;
	if (!generation) {
		*err = strdup("not enough memory");
		return NULL;
	}
	if (lun_generation_start(generation)) {
		*err = generation->err;
		generation->err = NULL;
		leave(generation, true);
		return NULL;
	}
	return generation;
}

/* Takes no requests any more; its connections are asked to come again, its services to end. */
static void retire(struct lun_generation *generation, int code, const char *reason)
{
	pthread_mutex_lock(&generation->lock);
	generation->retired = true;
	for (unsigned i = 0; i < generation->workers_len; i++) {
		for (struct lun_conn *conn = generation->workers[i].conns; conn; conn = conn->next)
			lun_conn_close(conn, code, reason);
	}
	pthread_mutex_unlock(&generation->lock);
	lun_services_stop(generation, 5);
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

struct lun_pool *lun_pool_open(const struct lun_pool_config *config, char **err)
{
	struct lun_pool *pool = calloc(1, sizeof(*pool));
	struct lun_generation *generation;

	if (!pool)
		return NULL;
	pool->config = *config;
	pthread_mutex_init(&pool->lock, NULL);
	lun_cond_init(&pool->changed);
	generation = load_generation(pool, err);
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
	retire(before, 1012, "the scripts were loaded anew");
	leave(before, false);
	lun_services_start(generation);
	return 0;
}

/* False when the time is up before the last generation has ended. */
static bool wait_for_end(struct lun_pool *pool, double seconds)
{
	struct timespec until;
	int err = 0;

	lun_seconds_from_now(&until, seconds);
	pthread_mutex_lock(&pool->lock);
	while (pool->generations && !err)
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

void lun_pool_close(struct lun_pool *pool, double seconds)
{
	lun_pool_retire(pool, 0);
	if (!wait_for_end(pool, seconds))
		return; // a thread is stuck in C code: the process ends without it
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static void sum_figures(struct lun_generation *generation, struct lun_pool_figures *figures)
{
	pthread_mutex_lock(&generation->lock);
	figures->workers = generation->workers_len;
	figures->queued = generation->queued;
	figures->connections = generation->conns;
	for (unsigned i = 0; i < generation->workers_len; i++) {
		figures->busy += !generation->workers[i].idle;
		figures->memory += generation->workers[i].memory;
	}
	pthread_mutex_unlock(&generation->lock);
	figures->services = lun_services_count(generation);
}

void lun_pool_figures(struct lun_pool *pool, struct lun_pool_figures *figures)
{
	*figures = (struct lun_pool_figures){ 0 };
	pthread_mutex_lock(&pool->lock);
	figures->generation = pool->number;
	if (pool->current)
		sum_figures(pool->current, figures);
	pthread_mutex_unlock(&pool->lock);
}
