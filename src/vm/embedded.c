/* require("lunette.core.embedded"): the files that are built into the binary, as text. */
#include <lauxlib.h>
#include <string.h>

#include "embed/embed.h"
#include "vm/modules.h"

/* read(name) -> text | nil */
static int l_embedded_read(lua_State *L)
{
	const struct lun_file *file = lun_embed_find(luaL_checkstring(L, 1));

	if (file)
		lua_pushlstring(L, (const char *)file->data, file->size);
	else
		luaL_pushfail(L);
	return 1;
}

/* names(prefix) -> names that begin with it, sorted */
static int l_embedded_names(lua_State *L)
{
	const char *prefix = luaL_checkstring(L, 1);
	const struct lun_file *file;
	lua_Integer n = 0;
	size_t count;

	lua_newtable(L);
	file = lun_embed_list(&count);
	for (size_t i = 0; i < count; i++, file++) {
		if (strncmp(file->name, prefix, strlen(prefix)) != 0)
			continue;
		lua_pushstring(L, file->name);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

static const luaL_Reg functions[] = {
	{ "names", l_embedded_names },
	{ "read", l_embedded_read },
	{ NULL, NULL },
};

int luaopen_lunette_core_embedded(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
