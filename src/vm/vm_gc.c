/*
 * Time limits for finalizers. Lua calls no hook in a __gc metamethod, so an endless loop there
 * would never end. setmetatable therefore wraps the __gc function: the wrapper runs it in a
 * coroutine, where hooks work, within limits.
 */
#include "vm/vm_budget.h"

#include <lauxlib.h>

#include "text/log.h"

#define FINALIZER_SECONDS 1

/* __gc(object); upvalue 1: the script's function */
static int l_finalize(lua_State *L)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);
	struct lun_vm_limits limits = { budget->contained ? FINALIZER_SECONDS : 0, 0 };
	bool closing = !budget->watch.running;
	lua_State *co;

	if (closing && lun_vm_is_over(L))
		return 0; // earlier finalizers have used up the time of all
	lua_settop(L, 1);
	co = lua_newthread(L);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 2);
	if (lun_vm_run(co, 1, 0, &limits))
		lun_log("warning", "__gc: %s", luaL_tolstring(co, -1, NULL));
	return 0;
}

/* Wraps the __gc function of the metatable at idx. */
static void wrap_finalizer(lua_State *L, int idx)
{
	lua_pushvalue(L, lua_upvalueindex(1));
	if (lua_rawget(L, idx) == LUA_TFUNCTION && lua_tocfunction(L, -1) != l_finalize) {
		lua_pushvalue(L, lua_upvalueindex(1));
		lua_insert(L, -2);
		lua_pushcclosure(L, l_finalize, 1);
		lua_rawset(L, idx);
	} else {
		lua_pop(L, 1);
	}
}

/* setmetatable(table, metatable): as Lua's own */
static int l_setmetatable(lua_State *L)
{
	int type = lua_type(L, 2);

	luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
	luaL_checktype(L, 1, LUA_TTABLE);
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	lua_settop(L, 2);
	if (type == LUA_TTABLE)
		wrap_finalizer(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

/* debug.setmetatable(value, metatable): as Lua's own */
static int l_debug_setmetatable(lua_State *L)
{
	int type = lua_type(L, 2);

	luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
	lua_settop(L, 2);
	if (type == LUA_TTABLE)
		wrap_finalizer(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

static void push_function(lua_State *L, lua_CFunction function)
{
	lua_pushliteral(L, "__gc");
	lua_pushcclosure(L, function, 1);
}

void lun_vm_gc_install(lua_State *L)
{
	push_function(L, l_setmetatable);
	lua_setglobal(L, "setmetatable");
	lua_getglobal(L, "debug");
	push_function(L, l_debug_setmetatable);
	lua_setfield(L, -2, "setmetatable");
	lua_pop(L, 1);
}
