#pragma once
#include <lua.h>

#include "bpf/object/attach_place.h"

/* Reads the place from the table at 3, an argument; its texts stay on the stack. Raises on
 * invalid input. */
void lun_check_place(lua_State *L, struct lun_place *place);
