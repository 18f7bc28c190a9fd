#pragma once
/* Types of programs, maps and links as Lua has them. */
#include "bpf/object/type_names.h"
#include "vm/push.h"

/* Pushes the type's name, "type_N" where it is newer than we are. */
void lun_push_type(lua_State *L, enum lun_kind kind, uint32_t type);
/* Sets `type` and `type_id`. */
void lun_set_type(lua_State *L, enum lun_kind kind, uint32_t type);
