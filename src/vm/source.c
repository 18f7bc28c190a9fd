#include "vm/source.h"

#include <lauxlib.h>
#include <string.h>

#include "vm/names.h"
#include "vm/push.h"

static struct lun_source **check_slot(lua_State *L)
{
	return luaL_checkudata(L, 1, LUN_SOURCE);
}

/* source:close() */
static int l_source_close(lua_State *L)
{
	struct lun_source **slot = check_slot(L);
	struct lun_source *src = *slot;

	*slot = NULL;
	if (src)
		src->close(src);
	return 0;
}

static int read_chunk(lua_State *L, struct lun_source *src)
{
	struct lun_out *out = lun_push_buffer(L);
	int more;

	do {
		more = src->pull(src, out);
	} while (more > 0 && !out->len && !out->err);
	if (more >= 0 && out->err)
		more = out->err;
	if (more < 0) {
		lun_out_free(out);
		return lun_push_error(L, more, NULL);
	}
	if (!out->len)
		luaL_pushfail(L);
	else
		lua_pushlstring(L, out->data, out->len);
	lun_out_free(out);
	return 1;
}

/* source:read() -> chunk | nil [, err, errno]; nil alone at the end */
static int l_source_read(lua_State *L)
{
	struct lun_source **slot = check_slot(L);

	if (!*slot)
		return luaL_error(L, "source is closed");
	return read_chunk(L, *slot);
}

/* source:note() -> sentence | nil: after the end, a remark on the whole ("truncated", for
 * example) */
static int l_source_note(lua_State *L)
{
	struct lun_source **slot = check_slot(L);

	lua_pushstring(L, *slot ? lun_source_note(*slot) : NULL);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "read", l_source_read },
	{ "note", l_source_note },
	{ "close", l_source_close },
	{ NULL, NULL },
};

static const luaL_Reg metamethods[] = {
	{ "__gc", l_source_close },
	{ "__close", l_source_close },
	{ NULL, NULL },
};

struct lun_source **lun_source_new(lua_State *L)
{
	struct lun_source **slot = lua_newuserdatauv(L, sizeof(struct lun_source *), 0);

	*slot = NULL;
	lun_push_metatable(L, LUN_SOURCE, metamethods, methods);
	lua_setmetatable(L, -2);
	return slot;
}

struct lun_source *lun_source_test(lua_State *L, int idx)
{
	struct lun_source **slot = luaL_testudata(L, idx, LUN_SOURCE);

	return slot ? *slot : NULL;
}

struct lun_source *lun_source_take(lua_State *L, int idx)
{
	struct lun_source **slot = luaL_testudata(L, idx, LUN_SOURCE);
	struct lun_source *src = slot ? *slot : NULL;

	if (slot)
		*slot = NULL;
	return src;
}
