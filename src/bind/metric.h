#pragma once
/*
 * The parts of require("lunette.core.metrics") as Lua objects; each file opens its own.
 */
#include <lauxlib.h>
#include <lua.h>

#include "metric/page.h"

/* The open groups, exported or page at idx; raises on anything else. */
struct lun_groups *lun_groups_check(lua_State *L, int idx);
struct lun_exported *lun_exported_check(lua_State *L, int idx);
struct lun_page *lun_page_check(lua_State *L, int idx);

/* Pushes the text of a buffer (lun_push_buffer) as a string, and frees it; raises its error. */
int lun_metric_push_out(lua_State *L, struct lun_out *out);

/* Registers a metatable with these methods and metamethods. */
void lun_metric_class(lua_State *L, const char *name, const luaL_Reg *methods);

/* Functions of the module, each into the table on top of the stack. */
void lun_metric_open_groups(lua_State *L);
void lun_metric_open_page(lua_State *L);
void lun_metric_open_emit(lua_State *L);
void lun_metric_open_scan(lua_State *L);
void lun_metric_open_regex(lua_State *L);
