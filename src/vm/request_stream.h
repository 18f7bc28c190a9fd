#pragma once
/*
 * A Lua function that makes a text chunk by chunk, as a source: each pull is a job on the VM
 * that has the function, so that a slow reader holds no VM. Errors end the source.
 */
#include <lua.h>

#include "text/source.h"

/* Takes the function on top of the stack, in a worker's job. Raises when memory is short. */
struct lun_source *lun_stream_new(lua_State *L);
