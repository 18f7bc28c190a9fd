#pragma once
#include <lua.h>

/* Runs the program by the options at index 2, and pushes what came of it, or the failure;
 * returns the number of results. */
int lun_push_prog_run(lua_State *L, int fd);
