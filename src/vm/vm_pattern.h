#pragma once
/*
 * string.find, match, gmatch and gsub: as Lua's own, but they check the time limit of the run.
 * Lua's own can't be interrupted, and a pattern such as ".-.-.-.-b$" runs for years.
 */
#include <lua.h>

/* Replaces these functions in the table `string`. */
void lun_pattern_install(lua_State *L);
