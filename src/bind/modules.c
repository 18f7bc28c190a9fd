#include "bind/modules.h"

#include <lauxlib.h>
#include <lua-cjson.h>

static const luaL_Reg modules[] = {
	{ "cjson", luaopen_cjson },
	{ "lunette.core.json", luaopen_lunette_core_json },
	{ NULL, NULL },
};

void lun_modules_preload(lua_State *L)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	luaL_setfuncs(L, modules, 0);
	lua_pop(L, 1);
}
