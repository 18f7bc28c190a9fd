#pragma once
/*
 * Streams (text/source.h) in Lua: an object with read() -> chunk | nil [, err, errno] and
 * close(). The userdata owns the source until lun_source_take moves it out.
 */
#include <lua.h>

#include "text/source.h"

/* Pushes a closed object and returns its slot: the caller puts its source there, so that
 * nothing is lost when memory runs out. */
struct lun_source **lun_source_new(lua_State *L);
/* The source at idx, or NULL when the value is none (or is closed). */
struct lun_source *lun_source_test(lua_State *L, int idx);
/* Moves the source out of the object at idx, which is closed then; NULL as above. */
struct lun_source *lun_source_take(lua_State *L, int idx);
