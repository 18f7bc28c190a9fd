#include "bind/bpf_type.h"

void lun_push_type(lua_State *L, enum lun_kind kind, uint32_t type)
{
	const char *name = lun_type_name(kind, type);

	if (name)
		lua_pushstring(L, name);
	else
		lua_pushfstring(L, "type_%I", (LUAI_UACINT)type);
}

void lun_set_type(lua_State *L, enum lun_kind kind, uint32_t type)
{
	lun_push_type(L, kind, type);
	lua_setfield(L, -2, "type");
	lun_set_int(L, "type_id", type);
}
