#include "vm/pack.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_DEPTH = 64 };
/* A table that is used twice is written twice, so that small tables can make long texts. */
enum { MAX_BYTES = 128 << 20 };

enum tag {
	TAG_NIL = 'n',
	TAG_NULL = 'z',
	TAG_TRUE = 't',
	TAG_FALSE = 'f',
	TAG_INTEGER = 'i',
	TAG_FLOAT = 'd',
	TAG_STRING = 's',
	TAG_TABLE = '{',
	TAG_END = '}',
};

static const char *pack_value(lua_State *L, int idx, struct lun_out *out, int depth);

static void pack_number(lua_State *L, int idx, struct lun_out *out)
{
	lua_Integer integer;
	lua_Number number;

	if (lua_isinteger(L, idx)) {
		integer = lua_tointeger(L, idx);
		lun_out_char(out, TAG_INTEGER);
		lun_out_mem(out, &integer, sizeof(integer));
		return;
	}
	number = lua_tonumber(L, idx);
	lun_out_char(out, TAG_FLOAT);
	lun_out_mem(out, &number, sizeof(number));
}

static void pack_bytes(struct lun_out *out, const char *s, size_t len)
{
	lun_out_char(out, TAG_STRING);
	lun_out_mem(out, &len, sizeof(len));
	lun_out_mem(out, s, len);
}

static void pack_string(lua_State *L, int idx, struct lun_out *out)
{
	size_t len;
	const char *s = lua_tolstring(L, idx, &len);

	pack_bytes(out, s, len);
}

static const char *pack_table(lua_State *L, int idx, struct lun_out *out, int depth)
{
	const char *err = NULL;
	int top = lua_gettop(L);

	if (depth == 0 || !lua_checkstack(L, 4))
		return "tables nested too deep";
	if (out->len > MAX_BYTES)
		return "more than 128 MiB";
	lun_out_char(out, TAG_TABLE);
	lua_pushnil(L);
	while (!err && lua_next(L, idx)) {
		err = pack_value(L, top + 1, out, 0);
		if (!err)
			err = pack_value(L, top + 2, out, depth - 1);
		lua_pop(L, 1);
	}
	lun_out_char(out, TAG_END);
	lua_settop(L, top);
	return err;
}

static const char *pack_value(lua_State *L, int idx, struct lun_out *out, int depth)
{
	switch (lua_type(L, idx)) {
	case LUA_TNIL:
		lun_out_char(out, TAG_NIL);
		return NULL;
	case LUA_TBOOLEAN:
		lun_out_char(out, lua_toboolean(L, idx) ? TAG_TRUE : TAG_FALSE);
		return NULL;
	case LUA_TNUMBER:
		pack_number(L, idx, out);
		return NULL;
	case LUA_TSTRING:
		pack_string(L, idx, out);
		return NULL;
	case LUA_TTABLE:
		return pack_table(L, idx, out, depth);
	case LUA_TLIGHTUSERDATA:
		lun_out_char(out, TAG_NULL);
		return lua_touserdata(L, idx) ? "a pointer is no plain data" : NULL;
	case LUA_TFUNCTION:
		return "a function is no plain data";
	default:
		return "a userdata or thread is no plain data";
	}
}

const char *lun_pack(lua_State *L, int idx, struct lun_out *out)
{
	const char *err = pack_value(L, lua_absindex(L, idx), out, MAX_DEPTH);

	return err ? err : out->err ? "not enough memory" : NULL;
}

void lun_pack_begin(struct lun_out *out)
{
	lun_out_char(out, TAG_TABLE);
}

void lun_pack_text(struct lun_out *out, const char *key, const char *value, size_t len)
{
	pack_bytes(out, key, strlen(key));
	pack_bytes(out, value, len);
}

void lun_pack_end(struct lun_out *out)
{
	lun_out_char(out, TAG_END);
}

struct reader {
	const char *at;
};

static void read_mem(struct reader *r, void *to, size_t len)
{
	memcpy(to, r->at, len);
	r->at += len;
}

static void push_value(lua_State *L, struct reader *r);

static void push_table(lua_State *L, struct reader *r)
{
	luaL_checkstack(L, 4, "unpacking");
	lua_newtable(L);
	while (*r->at != TAG_END) {
		push_value(L, r);
		push_value(L, r); // table, key, value
		lua_rawset(L, -3);
	}
	r->at++;
}

static void push_string(lua_State *L, struct reader *r)
{
	size_t len;

	read_mem(r, &len, sizeof(len));
	lua_pushlstring(L, r->at, len);
	r->at += len;
}

static void push_number(lua_State *L, struct reader *r, bool is_integer)
{
	lua_Integer integer;
	lua_Number number;

	if (is_integer) {
		read_mem(r, &integer, sizeof(integer));
		lua_pushinteger(L, integer);
		return;
	}
	read_mem(r, &number, sizeof(number));
	lua_pushnumber(L, number);
}

static void push_value(lua_State *L, struct reader *r)
{
	char tag = *r->at++;

	if (tag == TAG_TABLE)
		push_table(L, r);
	else if (tag == TAG_STRING)
		push_string(L, r);
	else if (tag == TAG_INTEGER || tag == TAG_FLOAT)
		push_number(L, r, tag == TAG_INTEGER);
	else if (tag == TAG_TRUE || tag == TAG_FALSE)
		lua_pushboolean(L, tag == TAG_TRUE);
	else if (tag == TAG_NULL)
		lua_pushlightuserdata(L, NULL);
	else
		lua_pushnil(L);
}

void lun_unpack(lua_State *L, const char *data, size_t len)
{
	struct reader r = { .at = data };

	if (len == 0)
		lua_pushnil(L);
	else
		push_value(L, &r);
}
