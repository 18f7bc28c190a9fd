#pragma once
/* The C modules of every VM; each is opened on its first require(). */
#include <lauxlib.h>

/* require("lunette.core.json"): JSON, json.c */
int luaopen_lunette_core_json(lua_State *L);
/* The files built into the binary: embedded.c. */
int luaopen_lunette_core_embedded(lua_State *L);
/* For the command line: client.c (connects to a server), interrupt.c (Ctrl-C). */
int luaopen_lunette_core_client(lua_State *L);
int luaopen_lunette_core_interrupt(lua_State *L);
/* Requests to other hosts: outgoing_lua.c. */
int luaopen_lunette_core_outgoing(lua_State *L);
/* Shared by all VMs, and the server: shared.c, topic.c, server_state.c, budget.c. */
int luaopen_lunette_core_shared(lua_State *L);
int luaopen_lunette_core_topic(lua_State *L);
int luaopen_lunette_core_server(lua_State *L);
int luaopen_lunette_core_budget(lua_State *L);
/* Whole files: file_out.c. */
int luaopen_lunette_core_file_out(lua_State *L);
/* For the script loader: script_files.c. */
int luaopen_lunette_core_files(lua_State *L);

/* Registers these modules, and the lists in `more` (NULL-terminated; may be NULL), in
 * package.preload. */
void lun_modules_preload(lua_State *L, const luaL_Reg *const *more);
