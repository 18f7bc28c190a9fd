/*
 * require("lunette.core.budget"): calls a function within a limit of time and of instructions. The
 * prompt and `lunette run` use it for code that the user typed.
 */
#include <errno.h>
#include <lauxlib.h>

#include "text/monotonic.h"
#include "vm/modules.h"
#include "vm/vm.h"

static double opt_limit(lua_State *L, const char *name)
{
	double value;

	lua_getfield(L, 1, name);
	value = luaL_optnumber(L, -1, 0);
	lua_pop(L, 1);
	luaL_argcheck(L, value >= 0, 1, "a limit must not be negative");
	return value;
}

/* budget.run({ seconds=, instructions= }, fn, ...) -> true, results... | false, traceback */
static int l_budget_run(lua_State *L)
{
	struct lun_vm_limits limits;
	int status;

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	limits.seconds = opt_limit(L, "seconds");
	limits.instructions = (uint64_t)opt_limit(L, "instructions");
	status = lun_vm_run(L, lua_gettop(L) - 2, LUA_MULTRET, &limits); // limits, results
	lua_pushboolean(L, status == LUA_OK);
	lua_replace(L, 1);
	return lua_gettop(L);
}

/* budget.now() -> seconds of the monotonic clock, which no change of the date moves */
static int l_budget_now(lua_State *L)
{
	lua_pushnumber(L, lun_monotonic());
	return 1;
}

/* budget.sleep(seconds): returns early when the run ends */
static int l_budget_sleep(lua_State *L)
{
	double seconds = luaL_checknumber(L, 1);
	struct timespec until;

	luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 1, "0 to 1e9 seconds");
	lun_seconds_from_now(&until, seconds);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		lun_vm_charge(L, 1);
	return 0;
}

/* budget.left() -> seconds until the run around it is ended; math.huge: it is not */
static int l_budget_left(lua_State *L)
{
	lua_pushnumber(L, lun_vm_left(L));
	return 1;
}

static const luaL_Reg functions[] = {
	{ "run", l_budget_run },
	{ "now", l_budget_now },
	{ "sleep", l_budget_sleep },
	{ "left", l_budget_left },
	{ NULL, NULL },
};

int luaopen_lunette_core_budget(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
