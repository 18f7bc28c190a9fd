#pragma once
/*
 * Lua's patterns with a limit: string.find, match, gmatch and gsub do what Lua's own do, and look
 * now and then whether the time of the run is over. Lua's own can't be interrupted, and a pattern
 * such as ".-.-.-.-b$" takes years.
 */
#include <lua.h>

/* Replaces them in the table `string`. */
void lun_pattern_install(lua_State *L);
