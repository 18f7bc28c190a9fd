#pragma once
/* Reads JSON into Lua values: the rules are those of json.decode (lua/meta/runtime.lua). */
#include <lua.h>

/* json.decode's work, as a Lua function that raises: text, list's metatable, metatable of
 * empty objects or nil, metatable of big numbers or nil -> value. A whole number that 64
 * signed bits don't hold becomes { digits = "…" } with the last metatable; without one it
 * becomes its digits as a string. */
int lun_json_read(lua_State *L);

/* Pushes the number that `text` (a number of JSON's grammar, all of it) stands for: an
 * integer, a float, or a string of digits. Pushes nil where the text is no number, or one
 * that a double can't hold. */
void lun_json_push_number(lua_State *L, const char *text, size_t len);
