/*
 * require("lunette.core.json"): a Lua value as JSON text. Which table is a list and in
 * which order an object's keys come is said by its metatable, or guessed (json.lua has the
 * rules for users).
 */
#include "vm/modules.h"

#include <lauxlib.h>

#include "text/json.h"

enum { MAX_DEPTH = 200 };

struct writer {
	struct lun_out out;
	lua_State *L;
};

static void write_value(struct writer *w, int depth);

static int fail(struct writer *w, const char *what)
{
	return luaL_error(w->L, "json: %s", what);
}

static void write_list(struct writer *w, int depth)
{
	lua_State *L = w->L;
	lua_Integer n = luaL_len(L, -1);

	lun_out_char(&w->out, '[');
	for (lua_Integer i = 1; i <= n; i++) {
		if (i > 1)
			lun_out_char(&w->out, ',');
		lua_rawgeti(L, -1, i); // list, item
		write_value(w, depth);
		lua_pop(L, 1);
	}
	lun_out_char(&w->out, ']');
}

static void write_key(struct writer *w, int idx)
{
	size_t len;
	const char *key = lua_tolstring(w->L, idx, &len);

	lun_json_str(&w->out, key, len);
	lun_out_char(&w->out, ':');
}

/* The object is on top, its key order below it on the stack at `order`. */
static void write_ordered(struct writer *w, int order, int depth)
{
	lua_State *L = w->L;
	lua_Integer n = luaL_len(L, order);

	lun_out_char(&w->out, '{');
	for (lua_Integer i = 1; i <= n; i++) {
		if (i > 1)
			lun_out_char(&w->out, ',');
		lua_rawgeti(L, order, i); // object, key
		if (lua_type(L, -1) != LUA_TSTRING)
			fail(w, "a key in an object's order is no string");
		write_key(w, -1);
		lua_rawget(L, -2); // object, value
		write_value(w, depth);
		lua_pop(L, 1);
	}
	lun_out_char(&w->out, '}');
}

/* Pushes the list of the object's keys, sorted; a key that is no string is an error. */
static void push_sorted_keys(struct writer *w)
{
	lua_State *L = w->L;
	lua_Integer n = 0;

	lua_newtable(L);
	lua_pushnil(L);
	while (lua_next(L, -3)) { // object, keys, key, value
		lua_pop(L, 1);
		if (lua_type(L, -1) == LUA_TNUMBER) {
			lua_pushvalue(L, -1);
			lua_tostring(L, -1);
			fail(w, "a table has both list items and named fields, or holes");
		}
		if (lua_type(L, -1) != LUA_TSTRING)
			fail(w, "a table key is neither a string nor a list index");
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, ++n);
	}
	lua_getglobal(L, "table");
	lua_getfield(L, -1, "sort");
	lua_remove(L, -2);
	lua_pushvalue(L, -2);
	lua_call(L, 1, 0); // object, keys
}

static void write_object(struct writer *w, int depth)
{
	lua_State *L = w->L;

	push_sorted_keys(w);
	lua_insert(L, -2); // keys, object
	write_ordered(w, lua_gettop(L) - 1, depth);
	lua_remove(L, -2);
}

/* Whether the metatable of the table on top says list or order; pushes the order if so. */
enum kind { UNKNOWN, LIST, ORDERED };

static enum kind metatable_kind(lua_State *L)
{
	if (!lua_getmetatable(L, -1))
		return UNKNOWN;
	lua_pushliteral(L, "order");
	if (lua_rawget(L, -2) == LUA_TTABLE) { // table, meta, order
		lua_remove(L, -2);
		return ORDERED;
	}
	lua_pop(L, 1);
	lua_pushliteral(L, "json_list");
	lua_rawget(L, -2);
	if (lua_toboolean(L, -1)) {
		lua_pop(L, 2);
		return LIST;
	}
	lua_pop(L, 2);
	return UNKNOWN;
}

static void write_table(struct writer *w, int depth)
{
	lua_State *L = w->L;

	luaL_checkstack(L, 8, "json");
	switch (metatable_kind(L)) {
	case ORDERED: // object, order
		lua_insert(L, -2);
		write_ordered(w, lua_gettop(L) - 1, depth);
		lua_remove(L, -2);
		return;
	case LIST:
		write_list(w, depth);
		return;
	case UNKNOWN:
		break;
	}
	if (lua_rawlen(L, -1) > 0)
		write_list(w, depth);
	else
		write_object(w, depth);
}

static void write_number(struct writer *w)
{
	if (lua_isinteger(w->L, -1))
		lun_out_i64(&w->out, lua_tointeger(w->L, -1));
	else
		lun_json_double(&w->out, lua_tonumber(w->L, -1));
}

static void write_string(struct writer *w)
{
	size_t len;
	const char *s = lua_tolstring(w->L, -1, &len);

	lun_json_str(&w->out, s, len);
}

static void write_value(struct writer *w, int depth)
{
	lua_State *L = w->L;

	if (depth >= MAX_DEPTH)
		fail(w, "nested deeper than 200");
	switch (lua_type(L, -1)) {
	case LUA_TNIL:
		lun_out_str(&w->out, "null");
		break;
	case LUA_TBOOLEAN:
		lun_out_str(&w->out, lua_toboolean(L, -1) ? "true" : "false");
		break;
	case LUA_TNUMBER:
		write_number(w);
		break;
	case LUA_TSTRING:
		write_string(w);
		break;
	case LUA_TTABLE:
		write_table(w, depth + 1);
		break;
	default:
		if (lua_type(L, -1) == LUA_TLIGHTUSERDATA && !lua_touserdata(L, -1))
			lun_out_str(&w->out, "null");
		else
			fail(w, lua_pushfstring(L, "cannot write a %s", luaL_typename(L, -1)));
	}
	if (w->out.err)
		fail(w, "not enough memory");
}

/* Runs protected, so that the writer is freed whatever happens: value, writer -> text */
static int l_write(lua_State *L)
{
	struct writer *w = lua_touserdata(L, 2);

	lua_settop(L, 1);
	w->L = L;
	write_value(w, 0);
	lua_pushlstring(L, w->out.data, w->out.len);
	return 1;
}

/* json.encode(value) -> text; raises on what JSON can't hold */
static int l_json_encode(lua_State *L)
{
	struct writer w = { 0 };
	int status;

	luaL_checkany(L, 1);
	lua_settop(L, 1);
	lua_pushcfunction(L, l_write);
	lua_insert(L, 1);
	lua_pushlightuserdata(L, &w);
	lun_out_init(&w.out);
	status = lua_pcall(L, 2, 1, 0);
	lun_out_free(&w.out);
	return status == LUA_OK ? 1 : lua_error(L);
}

static const luaL_Reg functions[] = {
	{ "encode", l_json_encode },
	{ NULL, NULL },
};

int luaopen_lunette_core_json(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
