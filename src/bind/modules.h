#pragma once
/* The C modules that every VM has; each is opened on its first require(). */
#include <lua.h>

/* require("bpf"): src/bind/bpf.c */
int luaopen_bpf(lua_State *L);
/* require("lunette.core.json"): the JSON writer, src/bind/json.c */
int luaopen_lunette_core_json(lua_State *L);

/* Puts all of them into package.preload. */
void lun_modules_preload(lua_State *L);
