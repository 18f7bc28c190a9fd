/*
 * Services: what scripts let run once in the process. Each has a thread and a VM of its own;
 * one that fails is begun again, after a while that grows.
 */
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <time.h>

#include "text/log.h"
#include "vm/names.h"
#include "vm/push.h"
#include "vm/pool_private.h"
#include "vm/server_state.h"

enum { MAX_PAUSE = 60 };

struct lun_service {
	struct lun_service *next;
	struct lun_generation *generation;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	lua_State *L; /* while it runs */
	bool stopping, done, forced;
	pthread_t thread;
	char name[];
};

/* Sleeps; false as soon as the service is to stop. */
static bool sleep_for(struct lun_service *service, double seconds)
{
	struct timespec until;
	bool stopping;
	int err = 0;

	lun_seconds_from_now(&until, seconds);
	pthread_mutex_lock(&service->lock);
	while (!service->stopping && !err)
		err = pthread_cond_timedwait(&service->wake, &service->lock, &until);
	stopping = service->stopping;
	pthread_mutex_unlock(&service->lock);
	return !stopping;
}

static struct lun_service *check_service(lua_State *L)
{
	struct lun_service **slot = luaL_checkudata(L, 1, LUN_SERVICE);

	return *slot;
}

/* svc:sleep(seconds) -> true | false when the service is to stop */
static int l_service_sleep(lua_State *L)
{
	struct lun_service *service = check_service(L);
	double seconds = luaL_checknumber(L, 2);

	luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 2, "seconds out of range");
	lua_pushboolean(L, sleep_for(service, seconds));
	return 1;
}

/* svc.stopping, svc.name; else a method */
static int l_service_index(lua_State *L)
{
	struct lun_service *service = check_service(L);
	const char *name = luaL_checkstring(L, 2);

	if (strcmp(name, "stopping") == 0)
		lua_pushboolean(L, !sleep_for(service, 0));
	else if (strcmp(name, "name") == 0)
		lua_pushstring(L, service->name);
	else if (strcmp(name, "sleep") == 0)
		lua_pushcfunction(L, l_service_sleep);
	else
		lua_pushnil(L);
	return 1;
}

static const luaL_Reg metamethods[] = {
	{ "__index", l_service_index },
	{ NULL, NULL },
};

static void push_service(lua_State *L, struct lun_service *service)
{
	struct lun_service **slot = lua_newuserdatauv(L, sizeof(struct lun_service *), 0);

	*slot = service;
	lun_push_metatable(L, LUN_SERVICE, metamethods, NULL);
	lua_setmetatable(L, -2);
}

/* run(service): require("lunette.http.worker").service(name, svc) */
static int l_run(lua_State *L)
{
	struct lun_service *service = lua_touserdata(L, 1);

	lua_getglobal(L, "require");
	lua_pushliteral(L, "lunette.http.worker");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "service");
	lua_pushstring(L, service->name);
	push_service(L, service);
	lua_call(L, 2, 0);
	return 0;
}

static void set_state(struct lun_service *service, lua_State *L)
{
	pthread_mutex_lock(&service->lock);
	service->L = L;
	pthread_mutex_unlock(&service->lock);
}

static void report(struct lun_service *service, const char *message)
{
	if (service->forced)
		return;
	lun_log("error", "service %s: %s", service->name, message);
	lun_server_error(service->name, message);
}

/* One life of the service; true when it ended by itself. */
static bool live(struct lun_service *service)
{
	char *err;
	lua_State *L = lun_pool_vm(&service->generation->pool->config, false, &err);
	int status;

	if (!L) {
		report(service, err);
		free(err);
		return false;
	}
	set_state(service, L);
	lua_pushcfunction(L, l_run);
	lua_pushlightuserdata(L, service);
	status = lun_vm_run(L, 1, 0, &(struct lun_vm_limits){ 0 });
	if (status)
		report(service, lua_tostring(L, -1));
	set_state(service, NULL);
	lun_vm_free(L);
	return status == LUA_OK;
}

static void end_service(struct lun_service *service)
{
	struct lun_generation *generation = service->generation;
	bool last;

	pthread_mutex_lock(&generation->lock);
	service->done = true;
	pthread_cond_broadcast(&generation->loaded);
	last = --generation->threads == 0;
	pthread_mutex_unlock(&generation->lock);
	if (last)
		lun_generation_free(generation);
}

static void *run_service(void *arg)
{
	struct lun_service *service = arg;
	double pause = 1;

	pthread_detach(pthread_self());
	while (!live(service) && sleep_for(service, pause))
		pause = pause * 2 > MAX_PAUSE ? MAX_PAUSE : pause * 2;
	end_service(service);
	return NULL;
}

static void init_lock(struct lun_service *service)
{
	pthread_mutex_init(&service->lock, NULL);
	lun_cond_init(&service->wake);
}

static void start(struct lun_generation *generation, const char *name)
{
	struct lun_service *service = calloc(1, sizeof(*service) + strlen(name) + 1);

	if (!service)
		return;
	strcpy(service->name, name);
	service->generation = generation;
	init_lock(service);
	pthread_mutex_lock(&generation->lock);
	service->next = generation->services;
	generation->services = service;
	generation->threads++;
	if (generation->services_stopped ||
		lun_thread_start(&service->thread, run_service, service)) {
		generation->threads--;
		service->done = true;
	}
	pthread_mutex_unlock(&generation->lock);
}

/* names(generation): starts what require("lunette.http.worker").services() lists */
static int l_start_all(lua_State *L)
{
	struct lun_generation *generation = lua_touserdata(L, 1);

	lua_getglobal(L, "require");
	lua_pushliteral(L, "lunette.http.worker");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "services");
	lua_call(L, 0, 1);
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
		start(generation, lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	return 0;
}

/* As a job of a VM that has the scripts: it knows their names. */
struct start_job {
	struct lun_job job;
	struct lun_generation *generation;
};

static int l_start_job(lua_State *L)
{
	struct start_job *job = lua_touserdata(L, 1);

	lua_pushcfunction(L, l_start_all);
	lua_pushlightuserdata(L, job->generation);
	lua_call(L, 1, 0);
	return 0;
}

static void finish_start(struct lun_job *job, const char *err)
{
	if (err)
		lun_server_error("services", err);
	free(job);
}

void lun_services_start(struct lun_generation *generation)
{
	struct start_job *job = calloc(1, sizeof(*job));

	if (!job)
		return;
	job->job = (struct lun_job){ .call = l_start_job, .finish = finish_start };
	job->generation = generation;
	if (lun_job_send(&generation->workers[0], &job->job))
		free(job);
}

static void ask_to_stop(struct lun_service *service, bool force)
{
	pthread_mutex_lock(&service->lock);
	service->stopping = true;
	service->forced = force;
	if (force && service->L)
		lun_vm_stop(service->L);
	pthread_cond_broadcast(&service->wake);
	pthread_mutex_unlock(&service->lock);
}

static void ask_all(struct lun_generation *generation, bool force)
{
	for (struct lun_service *one = generation->services; one; one = one->next) {
		if (!one->done)
			ask_to_stop(one, force);
	}
}

static bool are_done(const struct lun_generation *generation)
{
	for (const struct lun_service *one = generation->services; one; one = one->next) {
		if (!one->done)
			return false;
	}
	return true;
}

/* Under the lock. */
static void wait_until_done(struct lun_generation *generation, double seconds)
{
	struct timespec until;
	int err = 0;

	lun_seconds_from_now(&until, seconds);
	while (!are_done(generation) && !err)
		err = pthread_cond_timedwait(&generation->loaded, &generation->lock, &until);
}

/* Under the lock: those that are in C code which doesn't come back. A reload begins them anew. */
static void tell_stuck(struct lun_generation *generation)
{
	for (struct lun_service *one = generation->services; one; one = one->next) {
		char place[128] = "?";

		if (one->done)
			continue;
		pthread_mutex_lock(&one->lock);
		if (one->L)
			lun_vm_stuck_at(one->L, place, sizeof(place));
		pthread_mutex_unlock(&one->lock);
		lun_log("error",
			"service %s does not end: it is in C code, called at %s, and goes on "
			"beside "
			"its successor",
			one->name, place);
	}
}

void lun_services_free(struct lun_generation *generation)
{
	struct lun_service *service;

	while ((service = generation->services)) {
		generation->services = service->next;
		pthread_cond_destroy(&service->wake);
		pthread_mutex_destroy(&service->lock);
		free(service);
	}
}

void lun_services_stop(struct lun_generation *generation, double seconds)
{
	pthread_mutex_lock(&generation->lock);
	generation->services_stopped = true;
	ask_all(generation, false);
	wait_until_done(generation, seconds);
	ask_all(generation, true);
	wait_until_done(generation, 3);
	tell_stuck(generation);
	pthread_mutex_unlock(&generation->lock);
}

unsigned lun_services_count(struct lun_generation *generation)
{
	unsigned count = 0;

	pthread_mutex_lock(&generation->lock);
	for (struct lun_service *one = generation->services; one; one = one->next)
		count += !one->done;
	pthread_mutex_unlock(&generation->lock);
	return count;
}
