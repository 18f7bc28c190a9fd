/* The sampler of programs' costs: the one of the process, which all VMs share, or a private one. */
#include <errno.h>
#include <float.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/cost/sampler.h"
#include "bpf/cost/stats.h"

enum { POINTS_MAX = 100000 };

struct handle {
	struct lun_sampler *s;
	bool own;
};

static struct lun_sampler *check_sampler(lua_State *L)
{
	struct handle *handle = luaL_checkudata(L, 1, LUN_SAMPLER_HANDLE);

	if (!handle->s)
		luaL_error(L, "sampler is closed");
	return handle->s;
}

/* sampler:close(); the process' own goes on */
static int l_close(lua_State *L)
{
	struct handle *handle = luaL_checkudata(L, 1, LUN_SAMPLER_HANDLE);

	if (handle->own)
		lun_sampler_free(handle->s);
	handle->s = NULL;
	return 0;
}

static int push_result(lua_State *L, int err, const char *what)
{
	if (err)
		return lun_push_error(L, err, what);
	lua_pushboolean(L, true);
	return 1;
}

/* sampler:stats(on) -> true | nil, err, errno */
static int l_stats(lua_State *L)
{
	struct lun_sampler *s = check_sampler(L);

	luaL_checktype(L, 2, LUA_TBOOLEAN);
	return push_result(L, lun_sampler_stats(s, lua_toboolean(L, 2)), "run-time statistics");
}

/* sampler:sample() -> true | nil, err, errno */
static int l_sample(lua_State *L)
{
	return push_result(L, lun_sampler_sample(check_sampler(L)), "sampling programs");
}

/* sampler:baseline() -> true | nil, err, errno */
static int l_baseline(lua_State *L)
{
	return push_result(L, lun_sampler_baseline(check_sampler(L)), "sampling programs");
}

/* sampler:clear() */
static int l_clear(lua_State *L)
{
	lun_sampler_clear(check_sampler(L));
	return 0;
}

static double per_second(uint64_t n, double seconds)
{
	return seconds > 0 ? (double)n / seconds : 0;
}

static void push_rate(lua_State *L, const struct lun_stretch *one)
{
	lua_createtable(L, 0, 8);
	lun_set_int(L, "id", one->id);
	lun_set_number(L, "time", one->time);
	lun_set_number(L, "seconds", one->seconds);
	lun_set_number(L, "runs", per_second(one->runs, one->seconds));
	lun_set_number(L, "cpu", per_second(one->ns, one->seconds) / 1e9);
	lun_set_number(L, "misses", per_second(one->misses, one->seconds));
	if (one->runs)
		lun_set_number(L, "average", (double)one->ns / (double)one->runs / 1e9);
}

static void push_rates(lua_State *L, const struct lun_stretch *list, size_t n)
{
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		push_rate(L, &list[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* sampler:rates() -> Rate[] of the programs that ran in the newest sample */
static int l_rates(lua_State *L)
{
	enum { MORE = 16 }; /* room for programs loaded between the two queries */
	struct lun_sampler *s = check_sampler(L);
	size_t room = lun_sampler_rates(s, NULL, 0) + MORE;
	struct lun_stretch *list = lua_newuserdatauv(L, room * sizeof(*list), 0);
	size_t n = lun_sampler_rates(s, list, room);

	push_rates(L, list, n < room ? n : room);
	return 1;
}

/* sampler:rate([id]) -> Rate | nil; of all programs together without an id */
static int l_rate(lua_State *L)
{
	struct lun_sampler *s = check_sampler(L);
	uint32_t id = lua_isnoneornil(L, 2) ? 0 : lun_check_id(L, 2);
	struct lun_stretch one;

	if (!lun_sampler_rate(s, id, &one))
		return luaL_pushfail(L), 1;
	push_rate(L, &one);
	return 1;
}

static double opt_number(lua_State *L, int idx, const char *key, double otherwise)
{
	double value = otherwise;

	if (lua_isnoneornil(L, idx))
		return otherwise;
	luaL_checktype(L, idx, LUA_TTABLE);
	if (lua_getfield(L, idx, key) != LUA_TNIL)
		value = luaL_checknumber(L, -1);
	lua_pop(L, 1);
	return value;
}

/* The arguments of a history query: a time range, and the most points. */
struct range {
	double from, to;
	size_t points;
};

static struct range check_range(lua_State *L, int idx, const struct lun_sampler_state *state)
{
	double seconds = opt_number(L, idx, "seconds", 0), points = opt_number(L, idx, "points", 0);
	struct range range = { opt_number(L, idx, "from", 0), opt_number(L, idx, "to", DBL_MAX),
		0 };

	if (seconds > 0)
		range.from = (range.to < DBL_MAX ? range.to : state->newest) - seconds;
	if (points < 1 || points > POINTS_MAX)
		points = points < 1 ? state->keep : POINTS_MAX;
	range.points = (size_t)points;
	return range;
}

/* sampler:history([id [, { from=, to=, seconds=, points= }]]) -> Rate[], oldest first */
static int l_history(lua_State *L)
{
	struct lun_sampler *s = check_sampler(L);
	uint32_t id = lua_isnoneornil(L, 2) ? 0 : lun_check_id(L, 2);
	struct lun_sampler_state state;
	struct lun_stretch *list;
	struct range range;

	lun_sampler_state(s, &state);
	range = check_range(L, 3, &state);
	list = lua_newuserdatauv(L, range.points * sizeof(*list), 0);
	push_rates(L, list, lun_sampler_history(s, id, range.from, range.to, list, range.points));
	return 1;
}

/* sampler:put(name, value) -> true | nil, err, errno */
static int l_put(lua_State *L)
{
	struct lun_sampler *s = check_sampler(L);
	const char *name = luaL_checkstring(L, 2);
	double value = luaL_checknumber(L, 3);

	luaL_argcheck(L, *name && strlen(name) < LUN_VALUE_HISTORY_NAME, 2,
		"a name has from 1 to 199 bytes");
	return push_result(L, lun_sampler_put(s, name, value), "keeping a value");
}

/* sampler:values(name [, { from=, to=, seconds=, points= }]) -> { time, value }[], oldest first */
static int l_values(lua_State *L)
{
	struct lun_sampler *s = check_sampler(L);
	const char *name = luaL_checkstring(L, 2);
	struct lun_sampler_state state;
	struct lun_point *list;
	struct range range;
	size_t n;

	lun_sampler_state(s, &state);
	state.newest = lun_sampler_now();
	range = check_range(L, 3, &state);
	list = lua_newuserdatauv(L, range.points * sizeof(*list), 0);
	n = lun_sampler_values(s, name, range.from, range.to, list, range.points);
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		lua_createtable(L, 0, 2);
		lun_set_number(L, "time", list[i].time);
		lun_set_number(L, "value", list[i].value);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* sampler:names([prefix]) -> string[] */
static int l_names(lua_State *L)
{
	struct lun_sampler *s = check_sampler(L);
	const char *prefix = luaL_optstring(L, 2, "");
	struct lun_out *out = lun_push_buffer(L);
	int err = lun_sampler_names(s, prefix, out);
	lua_Integer n = 0;

	if (err)
		return lun_push_error(L, err, "names");
	lua_newtable(L);
	for (size_t at = 0; at < out->len; at += strlen(out->data + at) + 1) {
		lua_pushstring(L, out->data + at);
		lua_rawseti(L, -2, ++n);
	}
	lun_out_free(out);
	return 1;
}

/* sampler:state() -> SamplerState */
static int l_state(lua_State *L)
{
	struct lun_sampler_state state;

	lun_sampler_state(check_sampler(L), &state);
	lua_createtable(L, 0, 12);
	lun_set_bool(L, "stats", state.stats);
	lun_set_int(L, "samples", state.samples);
	lun_set_int(L, "kept", state.kept);
	lun_set_int(L, "keep", state.keep);
	lun_set_int(L, "programs", state.programs);
	lun_set_int(L, "series", state.series);
	lun_set_int(L, "dropped", state.dropped);
	lun_set_number(L, "cost", (double)state.cost_ns / 1e9);
	lun_set_number(L, "total_cost", (double)state.total_cost_ns / 1e9);
	if (state.kept) {
		lun_set_number(L, "oldest", state.oldest);
		lun_set_number(L, "newest", state.newest);
	}
	return 1;
}

static const luaL_Reg methods[] = {
	{ "stats", l_stats },
	{ "sample", l_sample },
	{ "baseline", l_baseline },
	{ "rates", l_rates },
	{ "rate", l_rate },
	{ "history", l_history },
	{ "put", l_put },
	{ "values", l_values },
	{ "names", l_names },
	{ "state", l_state },
	{ "clear", l_clear },
	{ "close", l_close },
	{ NULL, NULL },
};

/* bpf.sampler() -> Sampler, the process' own; bpf.sampler{ keep=, programs= }, a private one */
static int l_sampler(lua_State *L)
{
	bool own = !lua_isnoneornil(L, 1);
	double keep = opt_number(L, 1, "keep", 900), programs = opt_number(L, 1, "programs", 2048);
	struct handle *handle;

	luaL_argcheck(L, keep >= 2 && keep <= POINTS_MAX, 1, "keep is from 2 to 100000 samples");
	luaL_argcheck(L, programs >= 0 && programs <= POINTS_MAX, 1, "programs is up to 100000");
	handle = lua_newuserdatauv(L, sizeof(*handle), 0);
	handle->s = NULL;
	handle->own = own;
	luaL_setmetatable(L, LUN_SAMPLER_HANDLE);
	handle->s =
		own ? lun_sampler_new((uint32_t)keep, (uint32_t)programs) : lun_sampler_shared();
	if (!handle->s)
		return luaL_error(L, "not enough memory");
	return 1;
}

/* bpf.stats_cost() -> seconds a run | nil, err, errno */
static int l_stats_cost(lua_State *L)
{
	double seconds;
	int err = lun_stats_cost(&seconds);

	if (err)
		return lun_push_error(L, err, "measuring run-time statistics");
	lua_pushnumber(L, seconds);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "sampler", l_sampler },
	{ "stats_cost", l_stats_cost },
	{ NULL, NULL },
};

int lun_bind_sampler(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_SAMPLER_HANDLE, methods, l_close);
	lua_pop(L, 1);
	luaL_setfuncs(L, functions, 0);
	return 0;
}
