/* Reads conditions and cells from Lua tables, for the filters of cursors and the order of
 * selections. */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "bind/decode.h"
#include "bpf/read/map_top.h"

static int cell_failed(lua_State *L, int err)
{
	if (err == -EMSGSIZE)
		return luaL_error(L, "cell: its plan reads more than the map holds");
	return luaL_error(L, "cell: %s", err == -ENOENT ? "no such column" : strerror(-err));
}

static lua_Integer field_int(lua_State *L, int idx, const char *name, lua_Integer otherwise)
{
	lua_Integer value = otherwise;

	if (lua_getfield(L, idx, name) != LUA_TNIL)
		value = luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	return value;
}

static uint8_t field_reduce(lua_State *L, int idx)
{
	const char *name;
	int reduce = LUN_SUM;

	if (lua_getfield(L, idx, "reduce") != LUA_TNIL) {
		name = luaL_checkstring(L, -1);
		reduce = lun_reduce_parse(name);
		if (reduce < 0)
			luaL_error(L, "cpus: unknown method '%s' (sum, min, max, avg, last)", name);
	}
	lua_pop(L, 1);
	return (uint8_t)reduce;
}

/* Adds the value at idx to the list of what a filter or an order calls, and returns its number. */
static uint32_t add_called(lua_State *L, int idx, int called)
{
	uint32_t number = (uint32_t)lua_rawlen(L, called) + 1;

	lua_pushvalue(L, idx);
	lua_rawseti(L, called, number);
	return number;
}

void lun_check_cell(
	lua_State *L, int idx, const struct lun_map *map, struct lun_column *cell, int called)
{
	lua_Integer index, cpu;
	uint8_t reduce;
	bool of_key;
	int err;

	luaL_checktype(L, idx, LUA_TTABLE);
	idx = lua_absindex(L, idx);
	index = field_int(L, idx, "index", 0);
	cpu = field_int(L, idx, "cpu", LUN_ALL_CPUS);
	reduce = field_reduce(L, idx);
	lua_getfield(L, idx, "key");
	of_key = lua_toboolean(L, -1);
	if (index < 1 || index > UINT32_MAX)
		luaL_error(L, "cell: no such column");
	if (cpu < LUN_ALL_CPUS || cpu >= (lua_Integer)map->cpus)
		luaL_error(L, "cell: no such CPU");
	lua_getfield(L, idx, "plan");
	err = lun_column_init(cell, map, lun_plan_check(L, -1), of_key, (uint32_t)index - 1);
	if (err)
		cell_failed(L, err);
	cell->reduce = reduce;
	cell->cpu = (int32_t)cpu;
	if (lun_column_calls_lua(cell))
		cell->made = add_called(L, lua_gettop(L), called);
	lua_pop(L, 2);
}

static void check(lua_State *L, int err)
{
	if (err)
		luaL_error(L, "where: %s",
			err == -E2BIG ? "too large, or nested too deeply" : strerror(-err));
}

static const char *const compares[] = { "order", "number", "text", "made", NULL };

/* Reads the value that the node at idx compares with: `text`; or `rank` and `by` as plan:compared()
 * returns them. The node keeps the bytes alive. */
static enum lun_compare check_wanted(lua_State *L, int idx, struct lun_value *wanted)
{
	struct lun_rank rank;
	size_t len;
	const char *text;
	int by = LUN_BY_TEXT;

	wanted->kind = LUN_V_STR;
	if (lua_getfield(L, idx, "rank") == LUA_TNIL) {
		if (lua_getfield(L, idx, "text") != LUA_TSTRING)
			luaL_error(L, "where: a test needs a rank or a text");
		wanted->s = lua_tolstring(L, -1, &wanted->len);
		lua_pop(L, 2);
		return LUN_BY_TEXT;
	}
	text = luaL_checklstring(L, -1, &len);
	lua_getfield(L, idx, "by");
	by = luaL_checkoption(L, -1, "order", compares);
	if (len && *text == 't') {
		wanted->s = text + 1;
		wanted->len = len - 1;
	} else if (lun_rank_read(&rank, text, len) || rank.kind == LUN_V_NULL) {
		luaL_error(L, "where: '%s' is no rank", text);
	} else {
		*wanted = lun_rank_number(&rank);
	}
	lua_pop(L, 2);
	return (enum lun_compare)by;
}

/* Adds the function of the node at idx to the list; the test stores its number. */
static void add_call(lua_State *L, int idx, int called, struct lun_value *number)
{
	if (lua_getfield(L, idx, "test") != LUA_TFUNCTION)
		luaL_error(L, "where: matches needs a test, a function");
	number->kind = LUN_V_U64;
	number->u = add_called(L, lua_gettop(L), called);
	lua_pop(L, 1);
}

static void add_test(lua_State *L, int idx, const struct lun_map *map, struct lun_filter *where,
	int op, int called)
{
	enum lun_compare by = LUN_BY_TEXT;
	struct lun_value wanted = { .kind = LUN_V_NULL };
	struct lun_column cell;

	if (op == LUN_FILTER_CALL)
		add_call(L, idx, called, &wanted);
	else
		by = check_wanted(L, idx, &wanted);
	lua_getfield(L, idx, "cell");
	lun_check_cell(L, -1, map, &cell, called);
	lua_pop(L, 1);
	check(L, lun_filter_add(where, (enum lun_filter_op)op, &cell, &wanted, by));
}

static void add_node(
	lua_State *L, int idx, const struct lun_map *map, struct lun_filter *where, int called)
{
	const char *name;
	int op;

	luaL_checktype(L, idx, LUA_TTABLE);
	luaL_checkstack(L, 8, "where");
	lua_getfield(L, idx, "op");
	name = luaL_checkstring(L, -1);
	op = lun_filter_parse(name);
	if (op < 0)
		luaL_error(L, "where: no operator '%s'", name);
	lua_pop(L, 1);
	if (op > LUN_FILTER_NONE) {
		add_test(L, idx, map, where, op, called);
		return;
	}
	check(L, lun_filter_open(where, (enum lun_filter_op)op));
	for (lua_Integer i = 1; i <= luaL_len(L, idx); i++) {
		lua_rawgeti(L, idx, i);
		add_node(L, lua_gettop(L), map, where, called);
		lua_pop(L, 1);
	}
	check(L, lun_filter_close(where));
}

void lun_check_where(
	lua_State *L, int idx, const struct lun_map *map, struct lun_filter *where, int called)
{
	add_node(L, lua_absindex(L, idx), map, where, called);
}

static bool call_test(void *user, uint32_t number, const char *text, size_t len)
{
	const struct lun_lua_calls *calls = user;
	bool holds;

	lua_rawgeti(calls->L, calls->called, number);
	lua_pushlstring(calls->L, text, len);
	lua_call(calls->L, 1, 1);
	holds = lua_toboolean(calls->L, -1);
	lua_pop(calls->L, 1);
	return holds;
}

enum { NESTED = 8 };

/* Appends the value on top as text: of a list or struct its items, separated by commas. */
static void add_text(lua_State *L, struct lun_out *text, int depth)
{
	size_t len;
	const char *s;
	bool named;

	if (!lua_istable(L, -1) || depth == NESTED) {
		s = luaL_tolstring(L, -1, &len);
		lun_out_mem(text, s, len);
		lua_pop(L, 1);
		return;
	}
	luaL_checkstack(L, 6, "where");
	named = luaL_getmetafield(L, -1, "order") != LUA_TNIL;
	if (!named)
		lua_pushvalue(L, -1);
	for (lua_Integer i = 1; lua_geti(L, -1, i) != LUA_TNIL; i++) {
		if (i > 1)
			lun_out_char(text, ',');
		if (named)
			lua_gettable(L, -3);
		add_text(L, text, depth + 1);
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
}

/* Whether the value on top says that the function failed. */
static bool is_error(lua_State *L)
{
	bool error = false;

	if (lua_istable(L, -1)) {
		error = lua_getfield(L, -1, "error") != LUA_TNIL;
		lua_pop(L, 1);
	}
	return error;
}

/* Converts what a function made, on top, to a cell. */
static void read_made(lua_State *L, struct lun_out *text, struct lun_value *out)
{
	if (lua_isnoneornil(L, -1) || lua_islightuserdata(L, -1) || is_error(L)) {
		out->kind = LUN_V_NULL;
	} else if (lua_isinteger(L, -1)) {
		out->kind = LUN_V_I64;
		out->i = lua_tointeger(L, -1);
	} else if (lua_type(L, -1) == LUA_TNUMBER) {
		out->kind = LUN_V_DOUBLE;
		out->d = lua_tonumber(L, -1);
	} else {
		add_text(L, text, 0);
		out->kind = LUN_V_STR;
		out->s = text->data ? text->data : "";
		out->len = text->len;
		out->plain = false;
	}
}

static void make_cell(void *user, uint32_t made, const struct lun_op *op,
	const struct lun_bytes *bytes, uint32_t offset, struct lun_out *text, struct lun_value *out)
{
	const struct lun_lua_calls *calls = user;
	lua_State *L = calls->L;

	lua_rawgeti(L, calls->called, made);
	lun_push_func_result(L, lua_gettop(L), op, bytes, offset);
	read_made(L, text, out);
	lua_pop(L, 2);
}

void lun_bind_calls(struct lun_lua_calls *calls, lua_State *L, int called)
{
	luaL_checkstack(L, 8, "where");
	*calls = (struct lun_lua_calls){ L, called };
}

void lun_bind_reader(struct lun_column_reader *reader, struct lun_lua_calls *calls)
{
	reader->make = make_cell;
	reader->user = calls;
}

void lun_bind_filter(struct lun_filter *where, struct lun_lua_calls *calls)
{
	where->call = call_test;
	where->user = calls;
	lun_bind_reader(&where->reader, calls);
}

void lun_check_limit(lua_State *L)
{
	if (lua_getfield(L, LUA_REGISTRYINDEX, "lunette.breathe") != LUA_TFUNCTION) {
		lua_pop(L, 1);
		if (luaL_loadstring(L, "return") != LUA_OK)
			lua_error(L);
		lua_pushvalue(L, -1);
		lua_setfield(L, LUA_REGISTRYINDEX, "lunette.breathe");
	}
	lua_call(L, 0, 0);
}
