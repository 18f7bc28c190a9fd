/*
 * Services: functions of scripts that run once in the process. Each has its own thread and VM. A
 * service that fails is restarted after a delay that grows. After a reload a service starts only
 * when its predecessor of the same name has ended, so that it never runs twice.
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

enum {
	MAX_PAUSE = 60,  /* seconds */
	POLITE = 5,      /* seconds that a service has to end by itself */
	STUCK_AFTER = 8, /* seconds until one whose Lua code was stopped is stuck in C code */
};

struct lun_service {
	struct lun_service *next;
	struct lun_generation *generation;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	lua_State *L; /* set while it loads and runs */
	bool stopping, forced;
	bool done, stuck, waiting; /* guarded by the generation's lock */
	pthread_t thread;
	char *script; /* path of the declaring script */
	char name[];
};

/* Sleeps; false at once when the service must stop. */
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

/* svc:sleep(seconds) -> true | false when the service must stop */
static int l_service_sleep(lua_State *L)
{
	struct lun_service *service = check_service(L);
	double seconds = luaL_checknumber(L, 2);

	luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 2, "seconds out of range");
	lua_pushboolean(L, sleep_for(service, seconds));
	return 1;
}

/* svc.stopping, svc.name; every other key is a method */
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

/* Sets the service's VM. A stop that came before found no VM, so it is applied here. */
static void set_state(struct lun_service *service, lua_State *L)
{
	pthread_mutex_lock(&service->lock);
	service->L = L;
	if (L && service->forced)
		lun_vm_stop(L);
	pthread_mutex_unlock(&service->lock);
}

static bool is_forced(struct lun_service *service)
{
	bool forced;

	pthread_mutex_lock(&service->lock);
	forced = service->forced;
	pthread_mutex_unlock(&service->lock);
	return forced;
}

static void report(struct lun_service *service, const char *message)
{
	if (is_forced(service))
		return;
	lun_log("error", "service %s: %s", service->name, message);
	lun_server_error(service->name, message);
}

/* Loads the scripts and runs the service; true when it ended by itself. */
static bool live_in(struct lun_service *service, lua_State *L)
{
	char *err = lun_pool_load(L, &service->generation->pool->config, false);
	int status;

	if (err) {
		report(service, err);
		free(err);
		return false;
	}
	lua_pushcfunction(L, l_run);
	lua_pushlightuserdata(L, service);
	status = lun_vm_run(L, 1, 0, &(struct lun_vm_limits){ 0 });
	if (status)
		report(service, lua_tostring(L, -1));
	return status == LUA_OK;
}

/* Runs the service once. */
static bool live(struct lun_service *service)
{
	lua_State *L = lun_vm_new(service->generation->pool->config.vm);
	bool ended;

	if (!L) {
		report(service, "not enough memory for a Lua VM");
		return false;
	}
	set_state(service, L);
	ended = live_in(service, L);
	set_state(service, NULL);
	lun_vm_free(L);
	return ended;
}

static void end_service(struct lun_service *service)
{
	struct lun_generation *generation = service->generation;
	bool stuck;

	pthread_mutex_lock(&generation->lock);
	service->done = true;
	stuck = service->stuck;
	generation->live -= !stuck;
	pthread_mutex_unlock(&generation->lock);
	if (stuck)
		lun_log("info", "service %s (%s), which was stuck, has ended", service->name,
			service->script);
	lun_pool_changed(generation->pool);
	lun_generation_unref(generation);
}

/* Under the generation's lock. True when a service of that name runs; *stuck is set when it is
 * stuck. */
static bool has_service(struct lun_generation *generation, const char *name, bool *stuck)
{
	bool found = false;

	for (struct lun_service *one = generation->services; one; one = one->next) {
		if (one->done || strcmp(one->name, name) != 0)
			continue;
		found = true;
		*stuck = *stuck || one->stuck;
	}
	return found;
}

/* Under the pool's lock. True when a service of that name in an older generation still runs. */
static bool has_predecessor(struct lun_service *service, bool *stuck)
{
	struct lun_generation *own = service->generation;
	bool found = false;

	*stuck = false;
	for (struct lun_generation *one = own->pool->generations; one; one = one->next) {
		if (one->serial >= own->serial)
			continue;
		pthread_mutex_lock(&one->lock);
		if (has_service(one, service->name, stuck))
			found = true;
		pthread_mutex_unlock(&one->lock);
	}
	return found;
}

static void set_waiting(struct lun_service *service, bool waiting)
{
	pthread_mutex_lock(&service->generation->lock);
	service->waiting = waiting;
	pthread_mutex_unlock(&service->generation->lock);
}

/* Waits until the predecessor has ended. False when the service must end before. */
static bool wait_for_turn(struct lun_service *service)
{
	struct lun_pool *pool = service->generation->pool;
	bool goes_on, stuck;

	pthread_mutex_lock(&pool->lock);
	while ((goes_on = sleep_for(service, 0)) && has_predecessor(service, &stuck)) {
		set_waiting(service, stuck);
		pthread_cond_wait(&pool->changed, &pool->lock);
	}
	set_waiting(service, false);
	pthread_mutex_unlock(&pool->lock);
	return goes_on;
}

static void *run_service(void *arg)
{
	struct lun_service *service = arg;
	double pause = 1;

	pthread_detach(pthread_self());
	if (wait_for_turn(service)) {
		while (!live(service) && sleep_for(service, pause))
			pause = pause * 2 > MAX_PAUSE ? MAX_PAUSE : pause * 2;
	}
	end_service(service);
	return NULL;
}

static void free_service(struct lun_service *service)
{
	pthread_cond_destroy(&service->wake);
	pthread_mutex_destroy(&service->lock);
	free(service->script);
	free(service);
}

static struct lun_service *new_service(const char *name, const char *script)
{
	struct lun_service *service = calloc(1, sizeof(*service) + strlen(name) + 1);

	if (!service)
		return NULL;
	strcpy(service->name, name);
	service->script = strdup(script);
	pthread_mutex_init(&service->lock, NULL);
	lun_cond_init(&service->wake);
	if (service->script)
		return service;
	free_service(service);
	return NULL;
}

/* Starts a service's thread. 0 or -errno. */
static int start(struct lun_generation *generation, const char *name, const char *script)
{
	struct lun_service *service = new_service(name, script);
	int err;

	if (!service)
		return -ENOMEM;
	service->generation = generation;
	pthread_mutex_lock(&generation->lock);
	err = generation->services_stopped ? -ESHUTDOWN : 0;
	if (!err)
		err = lun_thread_start(&service->thread, run_service, service);
	if (!err) {
		service->next = generation->services;
		generation->services = service;
		generation->refs++;
		generation->live++;
	}
	pthread_mutex_unlock(&generation->lock);
	if (err)
		free_service(service);
	return err;
}

static void start_or_tell(struct lun_generation *generation, const char *name, const char *script)
{
	int err = start(generation, name, script);

	if (!err || err == -ESHUTDOWN)
		return;
	lun_log("error", "service %s (%s) can't be started: %s", name, script, strerror(-err));
	lun_server_error(name, "its thread can't be started");
}

/* start(generation): starts the services that require("lunette.http.worker").services() lists: {
 * name=, script= } */
static int l_start_all(lua_State *L)
{
	struct lun_generation *generation = lua_touserdata(L, 1);

	lua_getglobal(L, "require");
	lua_pushliteral(L, "lunette.http.worker");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "services");
	lua_call(L, 0, 1);
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
		lua_getfield(L, -1, "name");
		lua_getfield(L, -2, "script");
		start_or_tell(generation, lua_tostring(L, -2), lua_tostring(L, -1));
		lua_pop(L, 3);
	}
	return 0;
}

/* The start as a job of a VM with the scripts, which knows the names. */
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

static void finish_start(struct lun_job *job, const char *err, bool given_up)
{
	(void)job;
	(void)given_up;
	if (err)
		lun_server_error("services", err);
}

static void free_start(struct lun_job *job)
{
	free(job);
}

void lun_services_start(struct lun_generation *generation)
{
	struct lun_worker *worker = lun_worker_hold_any(generation);
	struct start_job *job = worker ? calloc(1, sizeof(*job)) : NULL;

	if (job) {
		job->job = lun_job_of(l_start_job, finish_start, free_start);
		job->generation = generation;
	}
	if (job && lun_job_send(worker, &job->job))
		lun_job_unref(&job->job);
	if (worker)
		lun_worker_release(worker);
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

/* The service is in C code, or in a finalizer, and does not return. */
static void give_up(struct lun_service *service)
{
	char place[128] = "?";

	service->stuck = true;
	service->generation->live--;
	pthread_mutex_lock(&service->lock);
	if (service->L)
		lun_vm_stuck_at(service->L, place, sizeof(place));
	pthread_mutex_unlock(&service->lock);
	lun_log("error",
		"service %s (%s) is stuck in C code, called at %s: it does not end, and starts "
		"again when it has ended",
		service->name, service->script, place);
}

static void give_up_all(struct lun_generation *generation)
{
	for (struct lun_service *one = generation->services; one; one = one->next) {
		if (!one->done && !one->stuck)
			give_up(one);
	}
}

static bool are_ended(const struct lun_generation *generation)
{
	for (const struct lun_service *one = generation->services; one; one = one->next) {
		if (!one->done && !one->stuck)
			return false;
	}
	return true;
}

bool lun_services_force_end(struct lun_generation *generation, double now)
{
	double asked = generation->services_asked;

	if (!generation->services_stopped || are_ended(generation))
		return false;
	if (!generation->services_forced && now >= asked + POLITE) {
		generation->services_forced = true;
		ask_all(generation, true);
	}
	if (now >= asked + STUCK_AFTER)
		give_up_all(generation);
	return true;
}

void lun_services_free(struct lun_generation *generation)
{
	struct lun_service *service;

	while ((service = generation->services)) {
		generation->services = service->next;
		free_service(service);
	}
}

void lun_services_stop(struct lun_generation *generation)
{
	pthread_mutex_lock(&generation->lock);
	generation->services_stopped = true;
	generation->services_asked = lun_monotonic();
	ask_all(generation, false);
	pthread_mutex_unlock(&generation->lock);
	lun_pool_changed(generation->pool); // wakes services that wait for their predecessor
	lun_supervisor_wake(generation->pool);
}

void lun_services_count(struct lun_generation *generation, unsigned *running, unsigned *waiting)
{
	for (struct lun_service *one = generation->services; one; one = one->next) {
		*running += !one->done && !one->waiting;
		*waiting += !one->done && one->waiting;
	}
}
