#pragma once
/*
 * Plain Lua data as bytes: how values travel from one VM to another. Nil, booleans, integers
 * (all 64 bits), floats, strings of any bytes, json.null, and tables of these; keys are
 * strings, numbers or booleans. Metatables stay behind.
 */
#include <lua.h>

#include "text/out.h"

/* Appends the value at idx. NULL, or what is wrong with it; never raises an error. */
const char *lun_pack(lua_State *L, int idx, struct lun_out *out);
/* Pushes the value that was packed; raises when memory is short. */
void lun_unpack(lua_State *L, const char *data, size_t len);
