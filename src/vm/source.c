#include "vm/source.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
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

static FILE *check_open_file(lua_State *L, int idx)
{
	luaL_Stream *stream = luaL_checkudata(L, idx, LUA_FILEHANDLE);

	luaL_argcheck(L, stream->closef, idx, "the file is closed");
	return stream->f;
}

/* Writes until so many bytes are written, or to the end. 1: there is more, 0, or -errno; `failed`
 * when the file takes no more. */
static int write_pieces(
	struct lun_source *src, struct lun_out *out, FILE *file, size_t *left, bool *failed)
{
	int more = 1;

	while (more > 0 && *left && !*failed) {
		lun_out_reset(out);
		more = src->pull(src, out);
		if (more >= 0 && out->err)
			more = out->err;
		*failed = out->len && fwrite(out->data, 1, out->len, file) != out->len;
		*left -= out->len < *left ? out->len : *left;
	}
	return more;
}

/* source:write(file, bytes) -> more, written: writes about so many bytes, without making strings of
 * them; nil, err, errno; nil alone when the file takes no more */
static int l_source_write(lua_State *L)
{
	struct lun_source **slot = check_slot(L);
	FILE *file = check_open_file(L, 2);
	lua_Integer bytes = luaL_checkinteger(L, 3);
	size_t left = bytes > 0 ? (size_t)bytes : 0;
	struct lun_out *out = lun_push_buffer(L);
	bool failed = false;
	int more;

	if (!*slot)
		return luaL_error(L, "source is closed");
	more = write_pieces(*slot, out, file, &left, &failed);
	lun_out_free(out);
	if (failed) {
		luaL_pushfail(L);
		return 1;
	}
	if (more < 0)
		return lun_push_error(L, more, NULL);
	lua_pushboolean(L, more);
	lua_pushinteger(L, bytes - (lua_Integer)left);
	return 2;
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
	{ "write", l_source_write },
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
