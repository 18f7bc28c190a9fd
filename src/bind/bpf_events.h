#pragma once
/* Events of an object's ring buffers and perf buffers. */
#include <lua.h>

/* Makes the metatable of the handles. */
void lun_bind_events(lua_State *L);
/* A method of objects. */
int l_object_events(lua_State *L);
