#pragma once
/*
 * A C stream (text/source.h) as a Lua object with read() -> chunk | nil [, err, errno] and close().
 * The userdata owns the stream until lun_source_take moves it out.
 */
#include <lua.h>

#include "text/source.h"

/* Pushes an empty object and returns its slot. The caller then puts the stream into it, so that
 * nothing leaks when memory runs out. */
struct lun_source **lun_source_new(lua_State *L);
/* The stream at idx; NULL when the value is no stream object or is closed. */
struct lun_source *lun_source_test(lua_State *L, int idx);
/* Moves the stream out of the object at idx, which is then closed. NULL as above. */
struct lun_source *lun_source_take(lua_State *L, int idx);
