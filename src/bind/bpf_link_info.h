#pragma once
#include <lua.h>

#include "bpf/object/link.h"

/* Pushes LinkInfo; `own` says whether its program is one of Lunette's. */
void lun_push_link(lua_State *L, const struct lun_link_info *info, bool own);
