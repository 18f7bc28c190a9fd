#include "vm/libs.h"

#include <lauxlib.h>
#include <string.h>

/*
 * os.setlocale([locale [, category]]) -> "C": the locale belongs to the process, and with another
 * one JSON and /metrics would write 3,25.
 */
static int l_setlocale(lua_State *L)
{
	const char *locale = luaL_optstring(L, 1, "C");

	if (*locale && strcmp(locale, "C") != 0 && strcmp(locale, "POSIX") != 0)
		return luaL_error(L, "os.setlocale: the locale of the process is always \"C\"");
	lua_pushliteral(L, "C");
	return 1;
}

void lun_libs_install(lua_State *L)
{
	lua_getglobal(L, "os");
	lua_pushcfunction(L, l_setlocale);
	lua_setfield(L, -2, "setlocale");
	lua_pop(L, 1);
}
