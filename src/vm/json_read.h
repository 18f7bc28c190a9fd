#pragma once
/* Reads JSON into Lua values by the rules of json.decode (lua/meta/runtime.lua). */
#include <lua.h>

/* The Lua function behind json.decode; it raises errors. Arguments: text, metatable of lists,
 * metatable of empty objects or nil, metatable of big numbers or nil. Result: the value. A whole
 * number outside signed 64 bits becomes { digits = "…" } with the last metatable; without that
 * metatable it becomes a string of its digits. */
int lun_json_read(lua_State *L);

/* Pushes the value of a JSON number: an integer, a float, or a string of digits. Pushes nil when
 * `text` is not wholly a JSON number, or is too large for a double. */
void lun_json_push_number(lua_State *L, const char *text, size_t len);

/* The Lua function json.members(text) -> { name = text of the value } | nothing when the text is no
 * JSON object (json_members.c). */
int lun_json_members(lua_State *L);
