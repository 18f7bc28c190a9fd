/* require("lunette.core.file_out"): writes a file as a whole: a new file replaces the old one at
 * commit (text/file_out.h) */
#include "text/file_out.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "vm/modules.h"
#include "vm/names.h"
#include "vm/push.h"

static struct lun_file_out *check_file(lua_State *L)
{
	struct lun_file_out **slot = luaL_checkudata(L, 1, LUN_FILE_OUT);

	luaL_argcheck(L, *slot, 1, "the file is closed");
	return *slot;
}

/* open(path [, regular_only]) -> file | nil, message, errno: file:commit() replaces the file at
 * `path` by the new content */
static int l_open(lua_State *L)
{
	size_t len;
	const char *path = luaL_checklstring(L, 1, &len);
	struct lun_file_out **slot = lua_newuserdatauv(L, sizeof(*slot), 0);
	int err;

	*slot = NULL;
	luaL_setmetatable(L, LUN_FILE_OUT);
	luaL_argcheck(L, strlen(path) == len, 1, "a path holds no NUL");
	err = lun_file_out_open(slot, path, lua_toboolean(L, 2));
	if (err == -ENOTSUP)
		return lun_push_failure(L, err, "%s: is not a regular file", path);
	return err ? lun_push_error(L, err, path) : 1;
}

/* file:write(text) -> true | nil, message, errno */
static int l_write(lua_State *L)
{
	size_t len;
	struct lun_file_out *out = check_file(L);
	const char *text = luaL_checklstring(L, 2, &len);
	int err = lun_file_out_write(out, text, len);

	lua_pushboolean(L, 1);
	return err ? lun_push_error(L, err, NULL) : 1;
}

static int l_close(lua_State *L)
{
	struct lun_file_out **slot = luaL_checkudata(L, 1, LUN_FILE_OUT);

	if (*slot)
		lun_file_out_close(*slot);
	*slot = NULL;
	return 0;
}

/* file:commit() -> true | nil, message, errno: puts the content in place and closes the file */
static int l_commit(lua_State *L)
{
	int err = lun_file_out_commit(check_file(L));

	l_close(L);
	lua_pushboolean(L, 1);
	return err ? lun_push_error(L, err, NULL) : 1;
}

static const luaL_Reg methods[] = {
	{ "write", l_write },
	{ "commit", l_commit },
	{ "close", l_close },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "open", l_open },
	{ NULL, NULL },
};

int luaopen_lunette_core_file_out(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_FILE_OUT, methods, l_close);
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
