/*
 * require("lunette.core.budget"): a call that may use only so much time and so many
 * instructions, for code that its user typed in.
 */
#include <lauxlib.h>

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

static const luaL_Reg functions[] = {
	{ "run", l_budget_run },
	{ NULL, NULL },
};

int luaopen_lunette_core_budget(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
