#pragma once
/* Global variables of an object, by name: typed by its BTF. */
#include <bpf/libbpf.h>
#include <lua.h>

/* Writes the variables of the table at idx before the object is loaded. 0, or -errno; then a
 * sentence is on the top of the stack, where nothing else is pushed. Never raises but for want of
 * memory. */
int lun_globals_set(lua_State *L, int idx, struct bpf_object *obj);
/* A method of objects. */
int l_object_get(lua_State *L);
