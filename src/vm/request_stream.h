#pragma once
/*
 * A response body that a Lua function makes chunk by chunk. Each read runs the function once as a
 * job on its VM, so a slow client holds no VM. An error ends the body.
 */
#include <lua.h>

#include "text/source.h"

/* Takes the function on top of the stack; call it within a worker's job. Raises when memory is
 * short. */
struct lun_source *lun_stream_new(lua_State *L);
