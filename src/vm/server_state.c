#include "vm/server_state.h"

#include <lauxlib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <stdatomic.h>

#include "text/json.h"
#include "text/log.h"
#include "vm/modules.h"
#include "vm/pack.h"
#include "vm/vm.h"
#include "text/monotonic.h"

enum { MAX_ERRORS = 32 };
enum { LOAD_TIMES = 3 }; /* what a request may take: scripts load side by side, once */

struct error {
	char *script, *message;
	double time;
};

static lun_serve_fn serve_fn;
static lun_server_unready_fn lack_fn;
static const char *version = "?";
static const struct lun_vm_config *vm_config;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct error errors[MAX_ERRORS];
static unsigned errors_len;
static struct lun_pool *serving;
static unsigned reloads, reloads_failed;
static double started;          /* on the monotonic clock */
static atomic_ulong answers[6]; /* by the status code's first digit */

void lun_server_set(lun_serve_fn serve, const struct lun_vm_config *vm)
{
	serve_fn = serve;
	vm_config = vm;
}

static double now(void)
{
	return (double)lun_clock_ns(CLOCK_REALTIME) / 1e9;
}

void lun_server_pool(struct lun_pool *pool)
{
	pthread_mutex_lock(&lock);
	serving = pool;
	if (pool && started == 0)
		started = lun_monotonic();
	pthread_mutex_unlock(&lock);
}

static void forget(struct error *error)
{
	free(error->script);
	free(error->message);
}

void lun_server_error(const char *script, const char *message)
{
	pthread_mutex_lock(&lock);
	if (errors_len == MAX_ERRORS) {
		forget(&errors[0]);
		memmove(errors, errors + 1, sizeof(errors) - sizeof(*errors));
		errors_len--;
	}
	errors[errors_len++] =
		(struct error){ script ? strdup(script) : NULL, strdup(message), now() };
	pthread_mutex_unlock(&lock);
}

void lun_server_reloaded(bool ok)
{
	pthread_mutex_lock(&lock);
	reloads += ok;
	reloads_failed += !ok;
	while (ok && errors_len > 0)
		forget(&errors[--errors_len]);
	pthread_mutex_unlock(&lock);
}

void lun_server_answered(int status)
{
	if (status >= 100 && status < 600)
		atomic_fetch_add_explicit(&answers[status / 100], 1, memory_order_relaxed);
}

void lun_server_set_unready(lun_server_unready_fn lack)
{
	lack_fn = lack;
}

const char *lun_server_unready(void)
{
	return lack_fn ? lack_fn() : NULL;
}

bool lun_server_busy(void)
{
	struct lun_pool_figures figures = { 0 };

	pthread_mutex_lock(&lock);
	if (serving)
		lun_pool_figures(serving, &figures);
	pthread_mutex_unlock(&lock);
	return figures.queued > 0 || figures.busy > 1;
}

void lun_server_summary(struct lun_server_summary *summary)
{
	struct lun_pool_figures figures = { 0 };
	bool lacks = lun_server_unready() != NULL;

	pthread_mutex_lock(&lock);
	if (serving)
		lun_pool_figures(serving, &figures);
	*summary = (struct lun_server_summary){
		.degraded = lacks || errors_len > 0 || figures.stuck > 0 ||
			figures.services_waiting > 0,
		.version = version,
		.uptime = started > 0 ? lun_monotonic() - started : 0,
		.generation = figures.generation,
		.workers = figures.workers,
		.stuck = figures.stuck,
		.services_waiting = figures.services_waiting,
	};
	pthread_mutex_unlock(&lock);
}

static void write_error(struct lun_out *out, const struct error *error)
{
	const char *message = error->message ? error->message : "not enough memory";

	lun_out_str(out, "{\"message\":");
	lun_json_str(out, message, strlen(message));
	if (error->script) {
		lun_out_str(out, ",\"script\":");
		lun_json_str(out, error->script, strlen(error->script));
	}
	lun_out_str(out, ",\"time\":");
	lun_out_double(out, error->time);
	lun_out_char(out, '}');
}

void lun_server_write_errors(struct lun_out *out)
{
	const char *reason = lun_server_unready();
	struct error lack = { .message = (char *)reason, .time = now() };
	bool first = true;

	lun_out_char(out, '[');
	if (reason) {
		write_error(out, &lack);
		first = false;
	}
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < errors_len; i++) {
		if (!first)
			lun_out_char(out, ',');
		write_error(out, &errors[i]);
		first = false;
	}
	pthread_mutex_unlock(&lock);
	lun_out_char(out, ']');
}

static void push_errors(lua_State *L, const struct error *list, unsigned len)
{
	lua_createtable(L, (int)len, 0);
	for (unsigned i = 0; i < len; i++) {
		lua_createtable(L, 0, 3);
		lua_pushstring(L, list[i].script);
		lua_setfield(L, -2, "script");
		lua_pushstring(L, list[i].message);
		lua_setfield(L, -2, "message");
		lua_pushnumber(L, list[i].time);
		lua_setfield(L, -2, "time");
		lua_rawseti(L, -2, i + 1);
	}
}

/* Pushes a Lua list of the errors. Runs protected, because the lock is held. */
static int l_push_errors(lua_State *L)
{
	(void)L;
	push_errors(L, errors, errors_len);
	return 1;
}

static void set_integer(lua_State *L, const char *name, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, name);
}

static void push_answers(lua_State *L)
{
	lua_createtable(L, 0, 5);
	for (int i = 1; i < 6; i++) {
		lua_pushfstring(L, "%dxx", i);
		lua_pushinteger(L, (lua_Integer)atomic_load(&answers[i]));
		lua_rawset(L, -3);
	}
	lua_setfield(L, -2, "answers");
}

/* server.state() -> table | nil when this process serves nothing */
static int l_server_state(lua_State *L)
{
	struct lun_pool_figures figures = { 0 };
	unsigned ok, failed;
	int status;

	pthread_mutex_lock(&lock);
	if (!serving) {
		pthread_mutex_unlock(&lock);
		return 0;
	}
	lun_pool_figures(serving, &figures);
	ok = reloads;
	failed = reloads_failed;
	lua_pushcfunction(L, l_push_errors);
	status = lua_pcall(L, 0, 1, 0);
	pthread_mutex_unlock(&lock);
	if (status)
		return lua_error(L);
	lua_createtable(L, 0, 16);
	lua_insert(L, -2);
	lua_setfield(L, -2, "errors");
	lua_pushnumber(L, lun_monotonic() - started);
	lua_setfield(L, -2, "uptime");
	lua_pushstring(L, lun_server_unready());
	lua_setfield(L, -2, "lack");
	set_integer(L, "generation", figures.generation);
	set_integer(L, "workers", figures.workers);
	set_integer(L, "busy", figures.busy);
	set_integer(L, "queued", figures.queued);
	set_integer(L, "connections", figures.connections);
	set_integer(L, "services", figures.services);
	set_integer(L, "services_waiting", figures.services_waiting);
	set_integer(L, "stuck", figures.stuck);
	set_integer(L, "given_up", figures.given_up);
	set_integer(L, "memory", figures.memory);
	set_integer(L, "reloads", ok);
	set_integer(L, "reloads_failed", failed);
	push_answers(L);
	return 1;
}

/* server.error(script, message): adds an error to state().errors */
static int l_server_error(lua_State *L)
{
	lun_server_error(luaL_optstring(L, 1, NULL), luaL_checkstring(L, 2));
	return 0;
}

/* server.log(level, message) */
static int l_server_log(lua_State *L)
{
	lun_log(luaL_checkstring(L, 1), "%s", luaL_checkstring(L, 2));
	return 0;
}

/* The strings of a list field. The array is a userdata that stays on the stack. */
static const char *const *opt_list(lua_State *L, const char *name)
{
	const char **list;
	lua_Integer n;

	if (lua_getfield(L, 1, name) == LUA_TNIL)
		lua_newtable(L);
	luaL_checktype(L, -1, LUA_TTABLE);
	n = luaL_len(L, -1);
	list = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof(*list), 0);
	for (lua_Integer i = 0; i < n; i++) {
		lua_rawgeti(L, -2, i + 1);
		list[i] = luaL_checkstring(L, -1);
		lua_pop(L, 1); // the table keeps the string alive
	}
	list[n] = NULL;
	return list;
}

static const char *opt_string(lua_State *L, const char *name)
{
	lua_getfield(L, 1, name);
	return luaL_optstring(L, -1, NULL);
}

static double opt_number(lua_State *L, const char *name, double otherwise)
{
	double value;

	lua_getfield(L, 1, name);
	value = luaL_optnumber(L, -1, otherwise);
	lua_pop(L, 1);
	return value;
}

static bool opt_flag(lua_State *L, const char *name)
{
	bool value;

	lua_getfield(L, 1, name);
	value = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return value;
}

static void read_pool_options(lua_State *L, struct lun_pool_config *pool)
{
	pool->workers = (unsigned)opt_number(L, "workers", 0);
	pool->queue = (unsigned)opt_number(L, "queue", 128);
	pool->seconds = opt_number(L, "seconds", 10);
	pool->load_seconds = pool->seconds * LOAD_TIMES;
	pool->instructions = (uint64_t)opt_number(L, "instructions", 0);
}

static void read_options(lua_State *L, struct lun_serve_options *options)
{
	read_pool_options(L, &options->pool);
	options->listen = opt_list(L, "listen");
	options->hosts = opt_list(L, "hosts");
	options->origins = opt_list(L, "origins");
	options->token = opt_string(L, "token");
	options->tokens = opt_string(L, "tokens");
	options->tls_cert = opt_string(L, "tls_cert");
	options->tls_key = opt_string(L, "tls_key");
	options->tls_client_ca = opt_string(L, "tls_client_ca");
	options->version = opt_string(L, "version");
	if (options->version)
		version = options->version;
	options->allow_write = opt_flag(L, "allow_write");
	options->allow_eval = opt_flag(L, "allow_eval");
	options->no_auth = opt_flag(L, "no_auth");
	options->watch = opt_flag(L, "watch");
	options->keep_capabilities = opt_flag(L, "keep_capabilities");
	options->body_limit = (size_t)opt_number(L, "body_limit", 8 << 20);
	options->connections = (unsigned)opt_number(L, "connections", 256);
}

static int push_served(lua_State *L, int result, char *err)
{
	if (result == 0) {
		lua_pushboolean(L, 1);
		return 1;
	}
	luaL_pushfail(L);
	lua_pushstring(L, err ? err : "not enough memory");
	free(err);
	return 2;
}

/* server.serve(options, scripts) -> true | nil, err: serves until SIGINT or SIGTERM. scripts: plain
 * data, given to the loader in each VM */
static int l_server_serve(lua_State *L)
{
	struct lun_serve_options options = { 0 };
	struct lun_vm_config vm = *vm_config;
	struct lun_out scripts;
	const char *bad;
	char *err = NULL;
	int result;

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checktype(L, 2, LUA_TTABLE);
	read_options(L, &options);
	vm.contained = true;
	vm.memory = (size_t)opt_number(L, "memory", 256 << 20);
	lun_out_init(&scripts);
	bad = lun_pack(L, 2, &scripts);
	if (bad) {
		lun_out_free(&scripts);
		return luaL_argerror(L, 2, bad);
	}
	options.pool.vm = &vm;
	options.pool.options = scripts.data;
	options.pool.options_len = scripts.len;
	result = serve_fn(&options, &err);
	lun_out_free(&scripts);
	return push_served(L, result, err);
}

static const luaL_Reg functions[] = {
	{ "serve", l_server_serve },
	{ "state", l_server_state },
	{ "error", l_server_error },
	{ "log", l_server_log },
	{ NULL, NULL },
};

int luaopen_lunette_core_server(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
