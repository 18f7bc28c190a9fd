#include "vm/search.h"

#include <lauxlib.h>
#include <string.h>

#include "embed/embed.h"

/* Where Debian's packages install Lua modules. */
static const char lua_path[] = "/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;"
			       "/usr/share/lua/5.4/?.lua;/usr/share/lua/5.4/?/init.lua;"
			       "/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua";

static int load_embedded(lua_State *L, const char *name)
{
	const struct lun_file *file = lun_embed_find(name);

	if (!file)
		return 0;
	lua_pushfstring(L, "@%s", name);
	if (luaL_loadbufferx(L, (const char *)file->data, file->size, lua_tostring(L, -1), "t"))
		return lua_error(L);
	lua_remove(L, -2);
	lua_pushstring(L, name);
	return 2;
}

/* searcher(module) -> loader, file name | text: the embedded "a/b.lua" or "a/b/init.lua" */
static int l_searcher(lua_State *L)
{
	const char *path = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
	int n = load_embedded(L, lua_pushfstring(L, "%s.lua", path));

	if (!n)
		n = load_embedded(L, lua_pushfstring(L, "%s/init.lua", path));
	if (!n)
		lua_pushfstring(L, "no embedded file '%s.lua'", path);
	return n ? n : 1;
}

/* `package` is on top. Embedded files come first, so that no file on disk replaces one; only --root
 * comes before them. */
static void add_searcher(lua_State *L, int position)
{
	lua_getglobal(L, "table");
	lua_getfield(L, -1, "insert");
	lua_getfield(L, -3, "searchers"); // package, table, insert, searchers
	lua_pushinteger(L, position);
	lua_pushcfunction(L, l_searcher);
	lua_call(L, 3, 0);
	lua_pop(L, 1);
}

static void set_path(lua_State *L, const char *root)
{
	if (root)
		lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;%s", root, root, lua_path);
	else
		lua_pushstring(L, lua_path);
	lua_setfield(L, -2, "path");
}

/* Lua's own path for C modules without its parts that are relative to the working directory. */
static void set_cpath(lua_State *L)
{
	luaL_Buffer kept;
	const char *path;
	size_t len;

	lua_getfield(L, -1, "cpath"); // package, cpath
	path = luaL_checkstring(L, -1);
	luaL_buffinit(L, &kept);
	for (; *path; path += len + (path[len] == ';')) {
		len = strcspn(path, ";");
		if (*path != '/')
			continue;
		luaL_addlstring(&kept, path, len);
		luaL_addchar(&kept, ';');
	}
	luaL_pushresult(&kept);
	lua_setfield(L, -3, "cpath");
	lua_pop(L, 1);
}

void lun_search_ignore_environment(lua_State *L)
{
	lua_pushboolean(L, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
}

void lun_search_install(lua_State *L, const char *root)
{
	lua_getglobal(L, "package");
	set_path(L, root);
	set_cpath(L);
	add_searcher(L, root ? 3 : 2);
	lua_pop(L, 1);
}
