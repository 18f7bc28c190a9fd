/*
 * coroutine.resume, wrap and close: as Lua's own, but they also note which coroutine runs, so that
 * vm_watch sets the hook on it.
 */
#include "vm/vm_budget.h"

#include <lauxlib.h>

static void enter(lua_State *on, lua_State *L)
{
	lun_vm_watch_enter(&lun_vm_budget_of(on)->watch, L);
}

static lua_State *check_coroutine(lua_State *L, int idx)
{
	lua_State *co = lua_tothread(L, idx);

	luaL_argexpected(L, co, idx, "thread");
	return co;
}

/* Resumes with the n values on top. Returns the number of results on top, or -1 with the error on
 * top. */
static int resume(lua_State *L, lua_State *co, int n)
{
	int status, results;

	if (!lua_checkstack(co, n)) {
		lua_pushliteral(L, "too many arguments to resume");
		return -1;
	}
	lua_xmove(L, co, n);
	enter(L, co);
	status = lua_resume(co, L, n, &results);
	enter(L, L);
	if (status != LUA_OK && status != LUA_YIELD) {
		lua_xmove(co, L, 1);
		return -1;
	}
	if (!lua_checkstack(L, results + 1)) {
		lua_pop(co, results);
		lua_pushliteral(L, "too many results to resume");
		return -1;
	}
	lua_xmove(co, L, results);
	return results;
}

/* coroutine.resume(co, ...) -> true, results... | false, error */
static int l_resume(lua_State *L)
{
	lua_State *co = check_coroutine(L, 1);
	int results = resume(L, co, lua_gettop(L) - 1);

	lua_pushboolean(L, results >= 0);
	lua_insert(L, results < 0 ? -2 : -(results + 1));
	return results < 0 ? 2 : results + 1;
}

static int reset(lua_State *L, lua_State *co)
{
	int status;

	enter(L, co);
	status = lua_resetthread(co);
	enter(L, L);
	return status;
}

static bool failed(lua_State *co)
{
	return lua_status(co) != LUA_OK && lua_status(co) != LUA_YIELD;
}

static void add_place(lua_State *L)
{
	if (lua_type(L, -1) != LUA_TSTRING)
		return;
	luaL_where(L, 1);
	lua_insert(L, -2);
	lua_concat(L, 2);
}

/* After an error the coroutine is dead and its variables are closed. A string error gets the
 * caller's position in front. */
static int pass_error(lua_State *L, lua_State *co)
{
	int status = lua_status(co);

	if (failed(co)) {
		status = reset(L, co);
		lua_pop(L, 1);
		lua_xmove(co, L, 1);
	}
	if (status != LUA_ERRMEM)
		add_place(L);
	return lua_error(L);
}

static int l_wrapped(lua_State *L)
{
	lua_State *co = lua_tothread(L, lua_upvalueindex(1));
	int results = resume(L, co, lua_gettop(L));

	return results < 0 ? pass_error(L, co) : results;
}

/* coroutine.wrap(fn) -> function */
static int l_wrap(lua_State *L)
{
	lua_State *co;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	lua_pushcclosure(L, l_wrapped, 1);
	return 1;
}

static bool is_normal_or_running(lua_State *L, lua_State *co)
{
	lua_Debug ar;

	return co == L || (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar));
}

/* coroutine.close(co) -> true | false, error */
static int l_close(lua_State *L)
{
	lua_State *co = check_coroutine(L, 1);

	if (is_normal_or_running(L, co))
		return luaL_error(L, "cannot close a %s coroutine", co == L ? "running" : "normal");
	if (reset(L, co) == LUA_OK) {
		lua_pushboolean(L, 1);
		return 1;
	}
	lua_pushboolean(L, 0);
	lua_xmove(co, L, 1);
	return 2;
}

static const luaL_Reg functions[] = {
	{ "resume", l_resume },
	{ "wrap", l_wrap },
	{ "close", l_close },
	{ NULL, NULL },
};

void lun_vm_coroutine_install(lua_State *L)
{
	lua_getglobal(L, "coroutine");
	luaL_setfuncs(L, functions, 0);
	lua_pop(L, 1);
}
