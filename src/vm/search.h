#pragma once
/*
 * Where require() looks: the embedded files, and the folders of Debian's Lua, which belong to root.
 * Neither the working directory nor an environment variable (LUA_PATH, LUA_CPATH) adds a folder.
 */
#include <lua.h>

/* Before the libraries are opened: the package library reads no environment variable. */
void lun_search_ignore_environment(lua_State *L);
/* After the libraries are opened. root: a folder whose lua/ comes before the embedded files, or
 * NULL. */
void lun_search_install(lua_State *L, const char *root);
