/*
 * require("lunette.core.interrupt"): Ctrl-C that stops Lua code, however it loops, and leaves
 * the process alive. The signal only raises a flag; a hook that runs every so many instructions
 * sees it, in coroutines too, as these inherit the hook. A loop around pcall() does not get rid
 * of it: after some grace it is raised again and again. What is to be closed is closed.
 */
#include "bind/modules.h"

#include <lauxlib.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

enum { HOOK_INSTRUCTIONS = 1000, GRACE_HOOKS = 200, CLOSING_INSTRUCTIONS = 1000000 };

static volatile sig_atomic_t asked;
static int grace;         /* hooks until the error can't be caught any more */
static int closing;       /* instructions that are left for __close functions after that */
static lua_State *failed; /* where the error was raised last, and how deep */
static int failed_depth;

/* Where Lua never gets to see the flag (a C function that blocks), the third one kills. */
static void on_signal(int signo)
{
	if (asked)
		signal(signo, SIG_DFL);
	asked = 1;
}

static void raise_error(lua_State *L, lua_Debug *ar)
{
	lua_getinfo(L, "Sl", ar);
	if (ar->currentline > 0)
		lua_pushfstring(L, "%s:%d: interrupted", ar->short_src, ar->currentline);
	else
		lua_pushliteral(L, "interrupted");
	lua_error(L);
}

static int depth_of(lua_State *L)
{
	lua_Debug ar;
	int depth = 0;

	while (lua_getstack(L, depth, &ar))
		depth++;
	return depth;
}

/* Every instruction fails now, so that whoever catches the error gets it again: he is further
 * out. What runs as deep as what failed, or deeper, closes what that held: it is let through. */
static void fail_again(lua_State *L, lua_Debug *ar)
{
	int depth = depth_of(L);

	if (L == failed && depth >= failed_depth && closing-- > 0)
		return;
	failed = L;
	failed_depth = depth;
	raise_error(L, ar);
}

static void hook(lua_State *L, lua_Debug *ar)
{
	if (!asked) {
		if (lua_gethookcount(L) == 1) // a coroutine of a call that was stopped
			lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
		return;
	}
	if (grace == 0) {
		lua_sethook(L, hook, LUA_MASKCOUNT, 1);
		fail_again(L, ar);
		return;
	}
	if (grace-- == GRACE_HOOKS)
		raise_error(L, ar);
}

/* call(handler, fn, ...) -> ok, interrupted, results... or what handler made of the error */
static int l_interrupt_call(lua_State *L)
{
	struct sigaction action = { .sa_handler = on_signal }, before;
	lua_Hook hook_before = lua_gethook(L);
	int mask_before = lua_gethookmask(L), count_before = lua_gethookcount(L);
	int status;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	asked = 0;
	grace = GRACE_HOOKS;
	closing = CLOSING_INSTRUCTIONS;
	failed = NULL;
	lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
	sigaction(SIGINT, &action, &before);
	status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 1); // handler, results
	sigaction(SIGINT, &before, NULL);
	lua_sethook(L, hook_before, mask_before, count_before);
	lua_pushboolean(L, status == LUA_OK);
	lua_replace(L, 1);
	lua_pushboolean(L, asked);
	lua_insert(L, 2);
	asked = 0;
	return lua_gettop(L);
}

static const luaL_Reg functions[] = {
	{ "call", l_interrupt_call },
	{ NULL, NULL },
};

int luaopen_lunette_core_interrupt(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
