#include "vm/vm.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

#include "vm/vm_libs.h"
#include "vm/modules.h"
#include "vm/vm_pattern.h"
#include "vm/vm_process.h"
#include "vm/search.h"
#include "vm/vm_budget.h"

static int traceback(lua_State *L)
{
	const char *message = lua_tostring(L, 1);

	if (!message) {
		if (luaL_callmeta(L, 1, "__tostring"))
			return 1;
		message = lua_pushfstring(L, "(error object is a %s)", luaL_typename(L, 1));
	}
	luaL_traceback(L, L, message, 1);
	return 1;
}

int lun_vm_call(lua_State *L, int nargs, int nresults)
{
	int base = lua_gettop(L) - nargs;
	int status;

	lua_pushcfunction(L, traceback);
	lua_insert(L, base);
	status = lua_pcall(L, nargs, nresults, base);
	lua_remove(L, base);
	return status;
}

/* Opens the VM's libraries. Runs protected, because memory may run out. */
static int l_open(lua_State *L)
{
	const struct lun_vm_config *config = lua_touserdata(L, 1);

	lun_search_ignore_environment(L);
	luaL_openlibs(L);
	lun_libs_install(L);
	lun_pattern_install(L);
	lun_vm_hook_install(L);
	lun_vm_coroutine_install(L);
	lun_vm_gc_install(L);
	lun_process_install(L, config->contained);
	lun_modules_preload(L, config->modules);
	lun_search_install(L, config->root);
	return 0;
}

lua_State *lun_vm_new(const struct lun_vm_config *config)
{
	lua_State *L = lun_vm_budget_open(config->memory, config->contained);

	if (!L)
		return NULL;
	lua_pushcfunction(L, l_open);
	lua_pushlightuserdata(L, (void *)config);
	if (lua_pcall(L, 1, 0, 0)) {
		lun_vm_budget_close(L);
		return NULL;
	}
	return L;
}

void lun_vm_free(lua_State *L)
{
	lun_vm_budget_close(L);
}

static int l_main(lua_State *L)
{
	int argc = (int)lua_tointeger(L, 1);
	char **argv = lua_touserdata(L, 2);

	lua_getglobal(L, "require");
	lua_pushliteral(L, "lunette.cli");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "main");
	lua_createtable(L, argc, 1);
	for (int i = 0; i < argc; i++) {
		lua_pushstring(L, argv[i]);
		lua_rawseti(L, -2, i);
	}
	lua_call(L, 1, 1);
	return 1;
}

int lun_vm_main(const struct lun_vm_config *config, int argc, char **argv)
{
	lua_State *L = lun_vm_new(config);
	int code = 1;

	if (!L) {
		fprintf(stderr, "lunette: not enough memory for a Lua VM\n");
		return 1;
	}
	lua_pushcfunction(L, l_main);
	lua_pushinteger(L, argc);
	lua_pushlightuserdata(L, argv);
	if (lun_vm_call(L, 2, 1))
		fprintf(stderr, "lunette: %s\n", lua_tostring(L, -1));
	else
		code = (int)lua_tointeger(L, -1);
	lun_vm_free(L);
	return code;
}
