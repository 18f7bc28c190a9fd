#include "vm/modules.h"

#include <lauxlib.h>
#include <lua-cjson.h>

static const luaL_Reg own[] = {
	{ "cjson", luaopen_cjson },
	{ "lunette.core.budget", luaopen_lunette_core_budget },
	{ "lunette.core.client", luaopen_lunette_core_client },
	{ "lunette.core.file_out", luaopen_lunette_core_file_out },
	{ "lunette.core.files", luaopen_lunette_core_files },
	{ "lunette.core.embedded", luaopen_lunette_core_embedded },
	{ "lunette.core.interrupt", luaopen_lunette_core_interrupt },
	{ "lunette.core.json", luaopen_lunette_core_json },
	{ "lunette.core.outgoing", luaopen_lunette_core_outgoing },
	{ "lunette.core.server", luaopen_lunette_core_server },
	{ "lunette.core.shared", luaopen_lunette_core_shared },
	{ "lunette.core.topic", luaopen_lunette_core_topic },
	{ NULL, NULL },
};

void lun_modules_preload(lua_State *L, const luaL_Reg *const *more)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	luaL_setfuncs(L, own, 0);
	for (; more && *more; more++)
		luaL_setfuncs(L, *more, 0);
	lua_pop(L, 1);
}
