#pragma once
/* Helpers for bindings: results, errors, fields of the table on top of the stack. */
#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>

#include "text/out.h"

/* Pushes nil, message, errno and returns 3. `what` (may be NULL) is the message's prefix. */
int lun_push_error(lua_State *L, int err, const char *what);
/* The same with a message that the caller gives. */
int lun_push_failure(lua_State *L, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void lun_set_int(lua_State *L, const char *key, uint64_t value);
void lun_set_bool(lua_State *L, const char *key, bool value);
/* A NULL value sets nothing. */
void lun_set_str(lua_State *L, const char *key, const char *value);
void lun_set_number(lua_State *L, const char *key, double value);
/* A boolean option of the table at idx; false when the table is missing. */
bool lun_opt_bool(lua_State *L, int idx, const char *key, bool otherwise);
/* An id: an integer from 0 to 2^32 - 1, else a Lua error. */
uint32_t lun_check_id(lua_State *L, int idx);
/* Pushes a growing writer that the collector frees, so that code which may raise can fill tables
 * from it without a leak. Call lun_out_free when done. */
struct lun_out *lun_push_buffer(lua_State *L);
/* Pushes the metatable of that name. The first call makes it, with `methods` (may be NULL) as its
 * __index, and registers it last: running out of memory half-way leaves no broken metatable. */
void lun_push_metatable(
	lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods);
/* The same, with `close` as __gc and __close. */
void lun_push_handle_metatable(
	lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction close);
