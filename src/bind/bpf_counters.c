/* bpf.counters: a program's costs by perf events. */
#include <lauxlib.h>
#include <errno.h>
#include <string.h>

#include "bind/bpf.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/cost/counters.h"

struct handle {
	struct lun_counter_set *counters;
	int events[LUN_COUNTERS_MAX];
	int count;
};

static int fail(lua_State *L, int err, const char *why)
{
	luaL_pushfail(L);
	lua_pushstring(L, why);
	lua_pushinteger(L, -err);
	return 3;
}

/* counters:close() */
static int l_counters_close(lua_State *L)
{
	struct handle *h = luaL_checkudata(L, 1, LUN_COUNTERS);

	lun_counters_close(h->counters);
	h->counters = NULL;
	return 0;
}

/* The times are those of the event that had a hardware counter for the smallest share of the
 * time. */
static void push_result(
	lua_State *L, const struct handle *h, uint64_t runs, const struct lun_counter_value *values)
{
	const struct lun_counter_value *least = &values[0];

	lua_createtable(L, 0, 4);
	lua_createtable(L, 0, h->count);
	for (int i = 0; i < h->count; i++) {
		lun_set_int(L, lun_counter_name(h->events[i]), values[i].count);
		if (values[i].running < least->running)
			least = &values[i];
	}
	lua_setfield(L, -2, "values");
	lun_set_int(L, "runs", runs);
	lun_set_int(L, "enabled", least->enabled);
	lun_set_int(L, "running", least->running);
}

/* counters:read() -> { runs, enabled, running, values } | nil, err, errno */
static int l_counters_read(lua_State *L)
{
	struct handle *h = luaL_checkudata(L, 1, LUN_COUNTERS);
	struct lun_counter_value values[LUN_COUNTERS_MAX];
	uint64_t runs;
	int err;

	if (!h->counters)
		return luaL_error(L, "counters are closed");
	err = lun_counters_read(h->counters, &runs, values);
	if (err)
		return fail(L, err, strerror(-err));
	push_result(L, h, runs, values);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "read", l_counters_read },
	{ "close", l_counters_close },
	{ NULL, NULL },
};

static const luaL_Reg metamethods[] = {
	{ "__gc", l_counters_close },
	{ "__close", l_counters_close },
	{ NULL, NULL },
};

static struct handle *push_handle(lua_State *L)
{
	struct handle *h = lua_newuserdatauv(L, sizeof(*h), 0);

	memset(h, 0, sizeof(*h));
	lun_push_metatable(L, LUN_COUNTERS, metamethods, methods);
	lua_setmetatable(L, -2);
	return h;
}

static void add_event(lua_State *L, struct handle *h, const char *name)
{
	int event = name ? lun_counter_find(name) : -ENOENT;

	luaL_argcheck(L, event >= 0, 2, "unknown event: see bpf.counter_names");
	for (int i = 0; i < h->count; i++)
		luaL_argcheck(L, h->events[i] != event, 2, "an event twice");
	luaL_argcheck(L, h->count < LUN_COUNTERS_MAX, 2, "too many events");
	h->events[h->count++] = event;
}

static void check_events(lua_State *L, struct handle *h)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, 2);

	luaL_argcheck(L, n > 0, 2, "no event");
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, 2, i);
		add_event(L, h, lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL);
		lua_pop(L, 1);
	}
}

/* bpf.counters(prog_id, events) -> Counters | nil, err, errno */
static int l_bpf_counters(lua_State *L)
{
	lua_Integer id = luaL_checkinteger(L, 1);
	char why[LUN_COUNTERS_WHY];
	struct handle *h;
	int err;

	luaL_argcheck(L, id > 0 && id <= UINT32_MAX, 1, "no id of a program");
	luaL_checktype(L, 2, LUA_TTABLE);
	h = push_handle(L);
	check_events(L, h);
	err = lun_counters_open(&h->counters, (uint32_t)id, h->events, h->count, why);
	return err ? fail(L, err, why) : 1;
}

/* bpf.counter_names() -> { name, available }[] */
static int l_bpf_counter_names(lua_State *L)
{
	const char *name;

	lua_newtable(L);
	for (int i = 0; (name = lun_counter_name(i)); i++) {
		lua_createtable(L, 0, 2);
		lua_pushstring(L, name);
		lua_setfield(L, -2, "name");
		lua_pushboolean(L, !lun_counter_try(i));
		lua_setfield(L, -2, "available");
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static const luaL_Reg functions[] = {
	{ "counters", l_bpf_counters },
	{ "counter_names", l_bpf_counter_names },
	{ NULL, NULL },
};

int lun_bind_counters(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
