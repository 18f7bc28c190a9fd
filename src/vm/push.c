#include "vm/push.h"

#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int lun_push_error(lua_State *L, int err, const char *what)
{
	char text[128];

	luaL_pushfail(L);
	lua_pushfstring(L, "%s%s%s", what ? what : "", what ? ": " : "",
		strerror_r(-err, text, sizeof(text)));
	lua_pushinteger(L, -err);
	return 3;
}

int lun_push_failure(lua_State *L, int err, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	luaL_pushfail(L);
	lua_pushstring(L, text);
	lua_pushinteger(L, -err);
	return 3;
}

void lun_set_int(lua_State *L, const char *key, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, key);
}

void lun_set_bool(lua_State *L, const char *key, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, key);
}

void lun_set_str(lua_State *L, const char *key, const char *value)
{
	if (!value)
		return;
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

void lun_set_number(lua_State *L, const char *key, double value)
{
	lua_pushnumber(L, value);
	lua_setfield(L, -2, key);
}

bool lun_opt_bool(lua_State *L, int idx, const char *key, bool otherwise)
{
	bool value = otherwise;

	if (lua_isnoneornil(L, idx))
		return otherwise;
	luaL_checktype(L, idx, LUA_TTABLE);
	if (lua_getfield(L, idx, key) != LUA_TNIL)
		value = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return value;
}

uint32_t lun_check_id(lua_State *L, int idx)
{
	lua_Integer id = luaL_checkinteger(L, idx);

	luaL_argcheck(L, id >= 0 && id <= UINT32_MAX, idx, "an id is a number of 32 bits");
	return (uint32_t)id;
}

static int free_buffer(lua_State *L)
{
	lun_out_free(lua_touserdata(L, 1));
	return 0;
}

void lun_push_metatable(
	lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods)
{
	if (luaL_getmetatable(L, name) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushstring(L, name);
	lua_setfield(L, -2, "__name");
	luaL_setfuncs(L, metamethods, 0);
	if (methods) {
		lua_newtable(L);
		luaL_setfuncs(L, methods, 0);
		lua_setfield(L, -2, "__index");
	}
	lua_pushvalue(L, -1);
	lua_setfield(L, LUA_REGISTRYINDEX, name);
}

struct lun_out *lun_push_buffer(lua_State *L)
{
	static const luaL_Reg metamethods[] = {
		{ "__gc", free_buffer },
		{ NULL, NULL },
	};
	struct lun_out *out = lua_newuserdatauv(L, sizeof(*out), 0);

	lun_out_init(out);
	lun_push_metatable(L, "lunette.buffer", metamethods, NULL);
	lua_setmetatable(L, -2);
	return out;
}

void lun_push_handle_metatable(
	lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction close)
{
	const luaL_Reg metamethods[] = {
		{ "__gc", close },
		{ "__close", close },
		{ NULL, NULL },
	};

	lun_push_metatable(L, name, metamethods, methods);
}
