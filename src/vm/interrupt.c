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

/* A second one kills: the function does not look whether it is asked to end. */
static void on_gentle_signal(int signo)
{
	if (asked)
		signal(signo, SIG_DFL);
	asked = 1;
}

/* gently(fn): meanwhile Ctrl-C raises nothing, and asked() tells of it; errors of fn pass */
static int l_interrupt_gently(lua_State *L)
{
	/* A write goes on; a wait for events ends. */
	struct sigaction action = { .sa_handler = on_gentle_signal, .sa_flags = SA_RESTART },
			 before;
	int status;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_settop(L, 1);
	asked = 0;
	sigaction(SIGINT, &action, &before);
	status = lua_pcall(L, 0, 0, 0);
	sigaction(SIGINT, &before, NULL);
	return status == LUA_OK ? 0 : lua_error(L);
}

/* asked() -> whether Ctrl-C was pressed since gently() or call() began */
static int l_interrupt_asked(lua_State *L)
{
	lua_pushboolean(L, asked);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "asked", l_interrupt_asked },
	{ "call", l_interrupt_call },
	{ "gently", l_interrupt_gently },
	{ NULL, NULL },
};

int luaopen_lunette_core_interrupt(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
