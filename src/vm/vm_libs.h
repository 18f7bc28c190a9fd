#pragma once
/* Functions of Lua's libraries that are replaced, so that a script changes nothing for the rest of
 * the process. After the libraries are open. */
#include <lua.h>

void lun_libs_install(lua_State *L);
