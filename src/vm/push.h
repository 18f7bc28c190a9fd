#pragma once
/* Small pieces that the bindings share: results, errors, fields of the table on the top. */
#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>

#include "text/out.h"

/* nil, message, errno; `what` (may be NULL) goes before the error's text. Returns 3. */
int lun_push_error(lua_State *L, int err, const char *what);
/* The same with a message of the caller's. */
int lun_push_failure(lua_State *L, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void lun_set_int(lua_State *L, const char *key, uint64_t value);
void lun_set_bool(lua_State *L, const char *key, bool value);
/* NULL sets nothing. */
void lun_set_str(lua_State *L, const char *key, const char *value);
void lun_set_number(lua_State *L, const char *key, double value);
/* A boolean option of the table at idx, which may be missing altogether. */
bool lun_opt_bool(lua_State *L, int idx, const char *key, bool otherwise);
/* An id: an integer from 0 to 2^32 - 1, else a Lua error. */
uint32_t lun_check_id(lua_State *L, int idx);
/* Pushes a growing writer that is freed when it is collected, so that tables can be made of what
 * it holds, which may raise; free it with lun_out_free as soon as that is done. */
struct lun_out *lun_push_buffer(lua_State *L);
/* Pushes the metatable of that name; the first call makes it, with `methods` (may be NULL) in its
 * __index. It is registered only when it is whole, as any step may run out of memory. */
void lun_push_metatable(
	lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods);
/* The same, with `close` as __gc and __close. */
void lun_push_handle_metatable(
	lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction close);
