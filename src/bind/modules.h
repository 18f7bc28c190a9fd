#pragma once
/* The C modules that every VM has; each is opened on its first require(). */
#include <lua.h>

/* require("bpf"): src/bind/bpf.c */
int luaopen_bpf(lua_State *L);
/* require("lunette.core.json"): the JSON writer, src/bind/json.c */
int luaopen_lunette_core_json(lua_State *L);

/* require("lunette.core.metrics"): tallies, pages, passes over maps; src/bind/metric.c */
int luaopen_lunette_core_metrics(lua_State *L);

/* For the command line: client.c (asks a server), edit.c (libedit), interrupt.c (Ctrl-C),
 * tty.c (screen and keys). */
int luaopen_lunette_core_client(lua_State *L);
int luaopen_lunette_core_edit(lua_State *L);
int luaopen_lunette_core_interrupt(lua_State *L);
int luaopen_lunette_core_tty(lua_State *L);

/* What VMs share and the server: shared.c, topic.c, server.c, budget.c. */
int luaopen_lunette_core_shared(lua_State *L);
int luaopen_lunette_core_topic(lua_State *L);
int luaopen_lunette_core_server(lua_State *L);
int luaopen_lunette_core_budget(lua_State *L);

/* Puts all of them into package.preload. */
void lun_modules_preload(lua_State *L);
