/*
 * require("lunette.core.interrupt"): Ctrl-C ends a running Lua call and leaves the process alive.
 * The error is raised again after a grace time, so that a loop around pcall() ends, too. Variables
 * marked <close> are closed.
 */
#include "vm/modules.h"

#include <lauxlib.h>
#include <signal.h>
#include <unistd.h>

#include "vm/vm.h"

static lua_State *volatile running;
static volatile sig_atomic_t asked;

/* A C function that does not return never sees the request: the third Ctrl-C kills the process. */
static void on_signal(int signo)
{
	static const char hint[] = "\nlunette: still running; press Ctrl-C again to quit lunette\n";

	if (asked) {
		signal(signo, SIG_DFL);
		(void)!write(STDERR_FILENO, hint, sizeof(hint) - 1);
	}
	asked = 1;
	lun_vm_interrupt(running);
}

/* call(handler, fn, ...) -> ok, interrupted, results... or the handler's result for the error */
static int l_interrupt_call(lua_State *L)
{
	struct sigaction action = { .sa_handler = on_signal }, before;
	lua_State *outer = running;
	bool interrupted;
	int status;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	asked = 0;
	running = L;
	sigaction(SIGINT, &action, &before);
	status = lun_vm_run_interruptibly(L, lua_gettop(L) - 2, LUA_MULTRET, 1, &interrupted);
	sigaction(SIGINT, &before, NULL); // handler, results
	running = outer;
	asked = 0;
	lua_pushboolean(L, status == LUA_OK);
	lua_replace(L, 1);
	lua_pushboolean(L, interrupted);
	lua_insert(L, 2);
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
