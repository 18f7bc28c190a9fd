/* The place that a program is attached to, out of a table. */
#include "bind/bpf_place.h"

#include <lauxlib.h>
#include <string.h>

#include "vm/push.h"

static uint64_t perf_field(lua_State *L, const char *name)
{
	lua_Integer n;

	lua_getfield(L, -1, name);
	n = luaL_optinteger(L, -1, 0);
	lua_pop(L, 1);
	return (uint64_t)n;
}

/* Reads { type =, config =, frequency = | period = } from the top of the stack. */
static void check_perf(lua_State *L, struct lun_perf_spec *spec)
{
	luaL_argcheck(L, lua_istable(L, -1), 3,
		"perf_event is { type =, config =, frequency = or period = }");
	spec->type = (uint32_t)perf_field(L, "type");
	spec->config = perf_field(L, "config");
	spec->frequency = perf_field(L, "frequency");
	spec->period = perf_field(L, "period");
	luaL_argcheck(
		L, spec->frequency || spec->period, 3, "perf_event needs a frequency or a period");
}

/* A text of the table at 3, which stays on the stack. */
static const char *place_text(lua_State *L, const char *name, bool needed)
{
	if (lua_getfield(L, 3, name) == LUA_TSTRING)
		return lua_tostring(L, -1);
	if (needed || !lua_isnil(L, -1))
		luaL_error(L, "attach: %s must be a text", name);
	return NULL;
}

static uint64_t place_number(lua_State *L, const char *name, lua_Integer otherwise)
{
	lua_Integer n = otherwise;

	if (lua_getfield(L, 3, name) != LUA_TNIL) {
		luaL_argcheck(L, lua_isinteger(L, -1), 3, "offset, cookie and pid are integers");
		n = lua_tointeger(L, -1);
	}
	lua_pop(L, 1);
	return (uint64_t)n;
}

/* Reads the list of functions on the top, and their cookies; both live in userdata on the stack. */
static void check_functions(lua_State *L, struct lun_place *place)
{
	int list = lua_gettop(L);
	lua_Integer n = lua_istable(L, list) ? luaL_len(L, list) : 0;
	__u64 *cookies;

	luaL_argcheck(L, n > 0, 3, "kprobes is a list of functions");
	place->functions = lua_newuserdatauv(L, (size_t)n * sizeof(*place->functions), 0);
	place->nr_functions = (size_t)n;
	for (lua_Integer i = 1; i <= n; i++) {
		luaL_argcheck(L, lua_geti(L, list, i) == LUA_TSTRING, 3, "a function is a text");
		place->functions[i - 1] = lua_tostring(L, -1);
		lua_pop(L, 1);
	}
	if (lua_getfield(L, 3, "cookies") == LUA_TNIL)
		return;
	luaL_argcheck(L, lua_istable(L, -1) && luaL_len(L, -1) == n, 3,
		"cookies is a list of as many integers as functions");
	cookies = lua_newuserdatauv(L, (size_t)n * sizeof(*cookies), 0);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_geti(L, -2, i);
		cookies[i - 1] = (uint64_t)luaL_checkinteger(L, -1);
		lua_pop(L, 1);
	}
	place->cookies = cookies;
}

static const char *const places[LUN_PLACES] = {
	[LUN_AT_INTERFACE] = "interface",
	[LUN_AT_CGROUP] = "cgroup",
	[LUN_AT_PERF_EVENT] = "perf_event",
	[LUN_AT_KPROBE] = "kprobe",
	[LUN_AT_KPROBES] = "kprobes",
	[LUN_AT_UPROBE] = "uprobe",
	[LUN_AT_USDT] = "usdt",
	[LUN_AT_TRACEPOINT] = "tracepoint",
	[LUN_AT_RAW_TRACEPOINT] = "raw_tracepoint",
};

/* The kind of the place at 3, whose field is left on the top. */
static enum lun_place_kind check_kind(lua_State *L)
{
	for (int kind = 0; kind < LUN_PLACES; kind++) {
		if (lua_getfield(L, 3, places[kind]) != LUA_TNIL)
			return (enum lun_place_kind)kind;
		lua_pop(L, 1);
	}
	luaL_argerror(L, 3,
		"needs one of interface, cgroup, perf_event, kprobe, kprobes, uprobe, usdt, "
		"tracepoint, raw_tracepoint");
	return LUN_PLACES;
}

/* Reads "category:name" into texts on the stack. */
static void check_tracepoint(lua_State *L, struct lun_place *place)
{
	const char *text = place->target, *colon = strchr(text, ':');

	luaL_argcheck(L, colon, 3, "a tracepoint is \"category:name\"");
	place->group = lua_pushlstring(L, text, (size_t)(colon - text));
	place->name = lua_pushstring(L, colon + 1);
}

static void check_file(lua_State *L, struct lun_place *place)
{
	bool usdt = place->kind == LUN_AT_USDT;

	place->name = place_text(L, usdt ? "name" : "func", usdt);
	if (usdt)
		place->group = place_text(L, "provider", true);
	place->offset = place_number(L, "offset", 0);
	if (!usdt && !place->name && !place->offset)
		luaL_argerror(L, 3, "uprobe needs a func or an offset");
}

void lun_check_place(lua_State *L, struct lun_place *place)
{
	memset(place, 0, sizeof(*place));
	luaL_checktype(L, 3, LUA_TTABLE);
	luaL_checkstack(L, 12, "attach");
	place->returns = lun_opt_bool(L, 3, "returns", false);
	place->cookie = place_number(L, "cookie", 0);
	place->pid = (int)place_number(L, "pid", -1);
	place->kind = check_kind(L);
	if (place->kind == LUN_AT_PERF_EVENT) {
		check_perf(L, &place->perf);
	} else if (place->kind == LUN_AT_KPROBES) {
		check_functions(L, place);
	} else {
		place->target = luaL_checkstring(L, -1);
		if (place->kind == LUN_AT_TRACEPOINT)
			check_tracepoint(L, place);
		else if (place->kind == LUN_AT_UPROBE || place->kind == LUN_AT_USDT)
			check_file(L, place);
		else if (place->kind == LUN_AT_KPROBE)
			place->offset = place_number(L, "offset", 0);
	}
}
