#pragma once
/* The C modules of every VM; each is opened on its first require(). */
#include <lauxlib.h>

/* require("lunette.core.json"): JSON, json.c */
int luaopen_lunette_core_json(lua_State *L);
/* What is built into the binary: embedded.c. */
int luaopen_lunette_core_embedded(lua_State *L);
/* For the command line: client.c (asks a server), interrupt.c (Ctrl-C). */
int luaopen_lunette_core_client(lua_State *L);
int luaopen_lunette_core_interrupt(lua_State *L);
/* What VMs share, and the server: shared.c, topic.c, server_state.c, budget.c. */
int luaopen_lunette_core_shared(lua_State *L);
int luaopen_lunette_core_topic(lua_State *L);
int luaopen_lunette_core_server(lua_State *L);
int luaopen_lunette_core_budget(lua_State *L);
/* For files that are written whole: file_out.c. */
int luaopen_lunette_core_file_out(lua_State *L);
/* For the loader of scripts: script_files.c. */
int luaopen_lunette_core_files(lua_State *L);

/* Puts these, and those of the lists in `more` (NULL-terminated; may be NULL), into
 * package.preload. */
void lun_modules_preload(lua_State *L, const luaL_Reg *const *more);
