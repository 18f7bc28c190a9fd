#pragma once
/*
 * Plain Lua data as bytes, for passing values from one VM to another: nil, booleans, integers (64
 * bits), floats, strings of any bytes, json.null, and tables of these with string, number or
 * boolean keys. Metatables are not kept.
 */
#include <lua.h>

#include "text/out.h"

/* Appends the value at idx. Returns NULL, or the reason why it can't be packed; never raises. */
const char *lun_pack(lua_State *L, int idx, struct lun_out *out);
/* Pushes a packed value. Raises when memory is short. */
void lun_unpack(lua_State *L, const char *data, size_t len);
/* The same for a table of texts, piece by piece: begin, fields, end. */
void lun_pack_begin(struct lun_out *out);
void lun_pack_text(struct lun_out *out, const char *key, const char *value, size_t len);
void lun_pack_end(struct lun_out *out);
