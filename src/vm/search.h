#pragma once
/*
 * Where require() looks: in the embedded files, then in the system's Lua folders, which only root
 * can write. Neither the working directory nor LUA_PATH and LUA_CPATH add a folder.
 */
#include <lua.h>

/* Call before the libraries are opened: makes the package library ignore environment variables. */
void lun_search_ignore_environment(lua_State *L);
/* Call after the libraries are opened. root: a folder whose lua/ comes before the embedded files,
 * or NULL. */
void lun_search_install(lua_State *L, const char *root);
