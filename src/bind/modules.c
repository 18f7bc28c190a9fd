#include "bind/modules.h"

#include <lauxlib.h>
#include <lua-cjson.h>

static const luaL_Reg modules[] = {
	{ "bpf", luaopen_bpf },
	{ "cjson", luaopen_cjson },
	{ "lunette.core.budget", luaopen_lunette_core_budget },
	{ "lunette.core.client", luaopen_lunette_core_client },
	{ "lunette.core.edit", luaopen_lunette_core_edit },
	{ "lunette.core.interrupt", luaopen_lunette_core_interrupt },
	{ "lunette.core.json", luaopen_lunette_core_json },
	{ "lunette.core.metrics", luaopen_lunette_core_metrics },
	{ "lunette.core.server", luaopen_lunette_core_server },
	{ "lunette.core.shared", luaopen_lunette_core_shared },
	{ "lunette.core.topic", luaopen_lunette_core_topic },
	{ "lunette.core.tty", luaopen_lunette_core_tty },
	{ NULL, NULL },
};

void lun_modules_preload(lua_State *L)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	luaL_setfuncs(L, modules, 0);
	lua_pop(L, 1);
}
