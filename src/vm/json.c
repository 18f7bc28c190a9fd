/*
 * require("lunette.core.json"): Lua values as JSON text and back (json_read.c). A metatable
 * marks a list or gives the order of an object's fields; a table without one is a list when
 * its keys are 1 to n. json.lua has the rules for users.
 */
#include "vm/modules.h"

#include <lauxlib.h>

#include "text/json.h"
#include "vm/json_read.h"
#include "vm/vm.h"

#define PREFIX "json: "

enum { MAX_DEPTH = 200 };
/* A table that is used twice is written twice, so that small tables can make long texts. */
enum { MAX_TEXT = 256 << 20 };

struct writer {
	struct lun_out out;
	lua_State *L;
};

static void write_value(struct writer *w, int depth);

static int fail(struct writer *w, const char *what)
{
	return luaL_error(w->L, PREFIX "%s", what);
}

/* Raises: the key on top can't be a JSON key. */
static void fail_key(struct writer *w)
{
	lua_State *L = w->L;

	lua_pushfstring(L, "the key %s: the keys of a table are strings, or 1 to n without holes",
		luaL_tolstring(L, -1, NULL));
	fail(w, lua_tostring(L, -1));
}

/* True when the table on top is a list: its keys are exactly 1 to n. A number as any other key is
 * an error, and so is a string key beside list items, because JSON has no place for it. */
static bool check_list(struct writer *w, lua_Integer n, bool marked)
{
	lua_State *L = w->L;
	lua_Integer items = 0;
	int is_int;

	lua_pushnil(L);
	while (lua_next(L, -2)) { // table, key, value
		lua_Integer at = lua_tointegerx(L, -2, &is_int);

		lua_pop(L, 1);
		is_int = is_int && lua_type(L, -1) == LUA_TNUMBER;
		if (is_int && at >= 1 && at <= n) {
			items++;
			continue;
		}
		if (!is_int && !marked && !n && lua_type(L, -1) != LUA_TNUMBER) {
			lua_pop(L, 1);
			return false;
		}
		fail_key(w);
	}
	if (items < n)
		fail(w, "a list has holes: put json.null where there is no item");
	return marked || n > 0;
}

static void write_list(struct writer *w, lua_Integer n, int depth)
{
	lua_State *L = w->L;

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

/* Stack: the object on top; the list of its keys, in order, at `order`. */
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

/* Pushes the sorted list of the object's keys. A key that is not a string is an error. */
static void push_sorted_keys(struct writer *w)
{
	lua_State *L = w->L;
	lua_Integer n = 0;

	lua_newtable(L);
	lua_pushnil(L);
	while (lua_next(L, -3)) { // object, keys, key, value
		lua_pop(L, 1);
		if (lua_type(L, -1) != LUA_TSTRING)
			fail_key(w);
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

/* The kind that the metatable of the table on top sets; for ORDERED pushes the key order. */
enum kind { UNKNOWN, LIST, ORDERED, TEXT };

static enum kind metatable_kind(lua_State *L)
{
	static const struct {
		const char *name;
		enum kind kind;
	} marks[] = { { "json_list", LIST }, { "json_text", TEXT }, { NULL, UNKNOWN } };

	if (!lua_getmetatable(L, -1))
		return UNKNOWN;
	lua_pushliteral(L, "order");
	if (lua_rawget(L, -2) == LUA_TTABLE) { // table, meta, order
		lua_remove(L, -2);
		return ORDERED;
	}
	lua_pop(L, 1);
	for (int i = 0; marks[i].name; i++) {
		bool has;

		lua_pushstring(L, marks[i].name);
		lua_rawget(L, -2);
		has = lua_toboolean(L, -1);
		lua_pop(L, 1);
		if (has) {
			lua_pop(L, 1);
			return marks[i].kind;
		}
	}
	lua_pop(L, 1);
	return UNKNOWN;
}

static void write_table(struct writer *w, int depth)
{
	lua_State *L = w->L;
	enum kind kind;
	lua_Integer n;

	luaL_checkstack(L, 10, "json");
	lun_vm_charge(L, 1);
	kind = metatable_kind(L);
	if (kind == ORDERED) { // object, order
		lua_insert(L, -2);
		write_ordered(w, lua_gettop(L) - 1, depth);
		lua_remove(L, -2);
		return;
	}
	if (kind == TEXT) { // JSON already: its first item
		size_t len;
		const char *text;

		lua_rawgeti(L, -1, 1);
		text = lua_tolstring(L, -1, &len);
		lun_out_mem(&w->out, text ? text : "null", text ? len : 4);
		lua_pop(L, 1);
		return;
	}
	n = (lua_Integer)lua_rawlen(L, -1);
	if (check_list(w, n, kind == LIST))
		write_list(w, n, depth);
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
	if (w->out.len > MAX_TEXT)
		fail(w, "the text is longer than 256 MiB");
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
			fail(w, lua_pushfstring(L, "a %s is no JSON value", luaL_typename(L, -1)));
	}
	if (w->out.err)
		fail(w, "not enough memory");
}

/* Runs protected, so that the caller frees the writer after an error. Stack: value, writer, depth
 * -> text */
static int l_write(lua_State *L)
{
	struct writer *w = lua_touserdata(L, 2);
	int depth = (int)lua_tointeger(L, 3);

	lua_settop(L, 1);
	w->L = L;
	write_value(w, depth);
	lua_pushlstring(L, w->out.data, w->out.len);
	return 1;
}

/* Encodes the value at index 1, the only one on the stack. Pushes the text or the error. */
static int write_protected(lua_State *L, lua_Integer depth)
{
	struct writer w = { 0 };
	int status;

	lua_pushcfunction(L, l_write);
	lua_insert(L, 1);
	lua_pushlightuserdata(L, &w);
	lua_pushinteger(L, depth);
	lun_out_init(&w.out);
	status = lua_pcall(L, 3, 1, 0);
	lun_out_free(&w.out);
	return status;
}

/* json.encode(value) -> text; raises on what JSON can't hold */
static int l_json_encode(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_settop(L, 1);
	return write_protected(L, 0) == LUA_OK ? 1 : lua_error(L);
}

/* json.why_not(value [, depth]) -> nil | message: the error that encode would raise for a value
 * nested in `depth` tables */
static int l_json_why_not(lua_State *L)
{
	lua_Integer depth = luaL_optinteger(L, 2, 0);

	luaL_checkany(L, 1);
	luaL_argcheck(L, depth >= 0 && depth <= MAX_DEPTH, 2, "0 to 200");
	lua_settop(L, 1);
	if (write_protected(L, depth) == LUA_OK)
		return 0;
	luaL_gsub(L, luaL_tolstring(L, -1, NULL), PREFIX, "");
	return 1;
}

/* json.number(text) -> integer | float | digits | nil */
static int l_json_number(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);

	lun_json_push_number(L, text, len);
	return 1;
}

/* json.decode(text, list metatable, empty object's metatable, big number's metatable) -> value;
 * raises on wrong JSON */
static const luaL_Reg functions[] = {
	{ "encode", l_json_encode },
	{ "why_not", l_json_why_not },
	{ "number", l_json_number },
	{ "decode", lun_json_read },
	{ "members", lun_json_members },
	{ NULL, NULL },
};

int luaopen_lunette_core_json(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
