#include "vm/vm_libs.h"

#include <lauxlib.h>
#include <string.h>

#include "vm/vm.h"

enum { STEPS = 10000 }; /* steps between two checks of the time */

/* Counts one step of a C loop; checks from time to time whether the run must end. */
static inline void count(lua_State *L, unsigned *steps)
{
	if (++*steps % STEPS == 0)
		lun_vm_charge(L, STEPS);
}

/*
 * os.setlocale([locale [, category]]) -> "C": always, because the locale belongs to the whole
 * process, and another one would write 3,25 for 3.25 in JSON and /metrics.
 */
static int l_setlocale(lua_State *L)
{
	const char *locale = luaL_optstring(L, 1, "C");

	if (*locale && strcmp(locale, "C") != 0 && strcmp(locale, "POSIX") != 0)
		return luaL_error(L, "os.setlocale: the locale of the process is always \"C\"");
	lua_pushliteral(L, "C");
	return 1;
}

/* Calls Lua's own function (upvalue 1) with the same arguments. */
static int call_own(lua_State *L)
{
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

/* string.rep(s, n [, sep]): repeating an empty string returns at once */
static int l_rep(lua_State *L)
{
	size_t len, sep_len;

	luaL_checklstring(L, 1, &len);
	luaL_checkinteger(L, 2);
	luaL_optlstring(L, 3, "", &sep_len);
	if (len + sep_len)
		return call_own(L);
	lua_pushliteral(L, "");
	return 1;
}

static void check_table(lua_State *L, int idx, const char *field)
{
	if (lua_istable(L, idx))
		return;
	if (luaL_getmetafield(L, idx, field) == LUA_TNIL)
		luaL_checktype(L, idx, LUA_TTABLE);
	lua_pop(L, 1);
}

static void move_down(lua_State *L, lua_Integer from, lua_Integer n, lua_Integer to, int target)
{
	unsigned steps = 0;

	for (lua_Integer i = 0; i < n; i++) {
		lua_geti(L, 1, from + i);
		lua_seti(L, target, to + i);
		count(L, &steps);
	}
}

static void move_up(lua_State *L, lua_Integer from, lua_Integer n, lua_Integer to, int target)
{
	unsigned steps = 0;

	for (lua_Integer i = n - 1; i >= 0; i--) {
		lua_geti(L, 1, from + i);
		lua_seti(L, target, to + i);
		count(L, &steps);
	}
}

/* table.move(a, from, last, to [, target]) -> target */
static int l_move(lua_State *L)
{
	lua_Integer from = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
	lua_Integer to = luaL_checkinteger(L, 4), n;
	int target = lua_isnoneornil(L, 5) ? 1 : 5;

	check_table(L, 1, "__index");
	check_table(L, target, "__newindex");
	if (last >= from) {
		luaL_argcheck(L, from > 0 || last < LUA_MAXINTEGER + from, 3,
			"too many elements to move");
		n = last - from + 1;
		luaL_argcheck(L, to <= LUA_MAXINTEGER - n + 1, 4, "destination wrap around");
		if (to > last || to <= from ||
			(target != 1 && !lua_compare(L, 1, target, LUA_OPEQ)))
			move_down(L, from, n, to, target);
		else
			move_up(L, from, n, to, target);
	}
	lua_pushvalue(L, target);
	return 1;
}

static lua_Integer check_length(lua_State *L)
{
	check_table(L, 1, "__index");
	check_table(L, 1, "__newindex");
	check_table(L, 1, "__len");
	return luaL_len(L, 1);
}

/* table.insert(t, [position,] value): limited, because __len may return any length */
static int l_insert(lua_State *L)
{
	lua_Integer end = (lua_Integer)((lua_Unsigned)check_length(L) + 1), at = end;
	unsigned steps = 0;

	if (lua_gettop(L) == 3) {
		at = luaL_checkinteger(L, 2);
		luaL_argcheck(
			L, (lua_Unsigned)at - 1 < (lua_Unsigned)end, 2, "position out of bounds");
		for (lua_Integer i = end; i > at; i--) {
			lua_geti(L, 1, i - 1);
			lua_seti(L, 1, i);
			count(L, &steps);
		}
	} else if (lua_gettop(L) != 2) {
		return luaL_error(L, "wrong number of arguments to 'insert'");
	}
	lua_seti(L, 1, at);
	return 0;
}

/* table.remove(t [, position]) -> the removed value */
static int l_remove(lua_State *L)
{
	lua_Integer len = check_length(L), at = luaL_optinteger(L, 2, len);
	unsigned steps = 0;

	if (at != len)
		luaL_argcheck(
			L, (lua_Unsigned)at - 1 <= (lua_Unsigned)len, 2, "position out of bounds");
	lua_geti(L, 1, at);
	for (; at < len; at++) {
		lua_geti(L, 1, at + 1);
		lua_seti(L, 1, at);
		count(L, &steps);
	}
	lua_pushnil(L);
	lua_seti(L, 1, at);
	return 1;
}

/* Replaces a function of the table on top; the old function becomes upvalue 1 of the new one. */
static void replace(lua_State *L, const char *name, lua_CFunction function)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, function, 1);
	lua_setfield(L, -2, name);
}

void lun_libs_install(lua_State *L)
{
	lua_getglobal(L, "os");
	replace(L, "setlocale", l_setlocale);
	lua_getglobal(L, "string");
	replace(L, "rep", l_rep);
	lua_getglobal(L, "table");
	replace(L, "move", l_move);
	replace(L, "insert", l_insert);
	replace(L, "remove", l_remove);
	lua_pop(L, 3);
}
