#pragma once
#include <lua.h>

/* Runs the program with the options at index 2; pushes the results or the failure. Returns the
 * number of pushed values. */
int lun_push_prog_run(lua_State *L, int fd);
