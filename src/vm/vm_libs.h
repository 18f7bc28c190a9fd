#pragma once
/* Replaces functions of Lua's libraries by which a script could block or change the rest of the
 * process. Call it after the libraries are opened. */
#include <lua.h>

void lun_libs_install(lua_State *L);
