/* map:select(opts): the entries of a map that come first in the order of a column. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/read/map_top.h"

enum { CALLED = 1, BYTES = 64 << 20 };

struct selection {
	struct lun_map_top sel;
	bool open;
};

static struct selection *check_selection(lua_State *L)
{
	struct selection *s = luaL_checkudata(L, 1, LUN_MAP_TOP_HANDLE);

	if (!s->open)
		luaL_error(L, "selection is closed");
	return s;
}

/* selection:close() */
static int l_close(lua_State *L)
{
	struct selection *s = luaL_checkudata(L, 1, LUN_MAP_TOP_HANDLE);

	if (s->open)
		lun_map_top_close(&s->sel);
	s->open = false;
	return 0;
}

static void set_after(lua_State *L, const struct lun_map *map, struct lun_map_top *sel)
{
	size_t len;
	const char *text;

	luaL_checktype(L, -1, LUA_TTABLE);
	lua_getfield(L, -1, "rank");
	text = luaL_checklstring(L, -1, &len);
	if (lun_rank_read(&sel->after, text, len))
		luaL_error(L, "after: not a valid cursor for a sorted table");
	lua_getfield(L, -2, "key");
	text = luaL_checklstring(L, -1, &len);
	if (len != map->info.key_size)
		luaL_error(L, "after: the key has %d bytes, the map's keys have %d", (int)len,
			(int)map->info.key_size);
	sel->after_key = malloc(len + 1);
	if (!sel->after_key)
		luaL_error(L, "not enough memory");
	memcpy(sel->after_key, text, len);
	lua_pop(L, 2);
}

/* The options at 2, the selection at 3. */
static void set_options(lua_State *L, const struct lun_map *map, struct lun_map_top *sel)
{
	lua_newtable(L);
	lua_pushvalue(L, 4);
	lua_setiuservalue(L, 3, CALLED);
	if (lua_getfield(L, 2, "where") != LUA_TNIL)
		lun_check_where(L, -1, map, &sel->where, 4);
	if (lua_getfield(L, 2, "sort") != LUA_TNIL)
		lun_check_cell(L, -1, map, &sel->sort, 4);
	if (lua_getfield(L, 2, "after") != LUA_TNIL)
		set_after(L, map, sel);
	sel->descending = lun_opt_bool(L, 2, "descending", false);
	lua_settop(L, 3);
}

static uint32_t check_count(lua_State *L, const char *name, uint32_t otherwise, uint32_t most)
{
	lua_Integer count;

	lua_getfield(L, 2, name);
	count = luaL_optinteger(L, -1, otherwise);
	lua_pop(L, 1);
	if (count < 0 || count > most)
		luaL_error(L, "%s: out of range", name);
	return (uint32_t)count;
}

/* map:select{ limit =, bytes =, sort =, descending =, where =, after = } -> Selection | nil, err,
 * errno */
int l_map_select(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	struct selection *s;
	uint32_t limit, bytes;
	int err, n;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	limit = check_count(L, "limit", UINT32_MAX, UINT32_MAX);
	bytes = check_count(L, "bytes", BYTES, BYTES);
	n = lun_push_readable(L, map);
	if (n)
		return n;
	s = lua_newuserdatauv(L, sizeof(*s), 1);
	s->open = false;
	luaL_setmetatable(L, LUN_MAP_TOP_HANDLE);
	err = lun_map_top_open(&s->sel, map, limit, bytes);
	s->open = true;
	if (err)
		return lun_push_error(L, err, "map");
	set_options(L, map, &s->sel);
	return 1;
}

/* selection:step() -> whether there is more to read | nil, err, errno */
static int l_step(lua_State *L)
{
	struct selection *s = check_selection(L);
	struct lun_lua_calls calls;
	int more;

	lua_settop(L, 1);
	lua_getiuservalue(L, 1, CALLED);
	lun_bind_calls(&calls, L, 2);
	lun_bind_filter(&s->sel.where, &calls);
	lun_bind_reader(&s->sel.reader, &calls);
	more = lun_map_top_step(&s->sel);
	if (more < 0)
		return lun_push_failure(L, more, "map %u: reading its entries: %s",
			s->sel.ahead.cur.map.info.id, strerror(-more));
	lua_pushboolean(L, more);
	return 1;
}

/* The selection at 1; raises when it is not yet sorted. */
static struct lun_map_top *check_sorted(lua_State *L)
{
	struct lun_map_top *sel = &check_selection(L)->sel;

	if (lun_map_top_sort(sel))
		luaL_error(L, "not enough memory");
	return sel;
}

static uint32_t check_row(lua_State *L, int arg, lua_Integer otherwise, uint32_t nr)
{
	lua_Integer row = luaL_optinteger(L, arg, otherwise);

	luaL_argcheck(L, row >= 1, arg, "no such row");
	return row < (lua_Integer)nr ? (uint32_t)row : nr;
}

/* selection:rows([from, to]) -> { { key, value }… }: raw ones, in order */
static int l_rows(lua_State *L)
{
	struct lun_map_top *sel = check_sorted(L);
	const struct lun_map *map = &sel->ahead.cur.map;
	uint32_t from = check_row(L, 2, 1, sel->rows.nr + 1) - 1;
	uint32_t to = check_row(L, 3, UINT32_MAX, sel->rows.nr);

	lua_createtable(L, to > from ? (int)(to - from) : 0, 0);
	for (uint32_t i = from; i < to; i++) {
		lua_createtable(L, 2, 0);
		lua_pushlstring(L, (const char *)lun_map_top_key(sel, i), map->info.key_size);
		lua_rawseti(L, -2, 1);
		lun_push_raw_value(L, map, lun_map_top_value(sel, i));
		lua_rawseti(L, -2, 2);
		lua_rawseti(L, -2, i - from + 1);
	}
	return 1;
}

/* selection:rank(i) -> string: what row i is ordered by, for `after` */
static int l_rank(lua_State *L)
{
	struct lun_map_top *sel = check_sorted(L);
	lua_Integer i = luaL_checkinteger(L, 2);
	struct lun_out *out;

	luaL_argcheck(L, i >= 1 && i <= (lua_Integer)sel->rows.nr, 2, "no such row");
	out = lun_push_buffer(L);
	lun_rank_write(out, lun_map_top_rank(sel, (uint32_t)i - 1));
	if (out->err)
		return luaL_error(L, "not enough memory");
	lua_pushlstring(L, out->data, out->len);
	lun_out_free(out);
	return 1;
}

/* selection:again() -> true | nil, err, errno: goes on after the last of these rows */
static int l_again(lua_State *L)
{
	struct lun_map_top *sel = check_sorted(L);
	int err = lun_map_top_again(sel);

	if (err)
		return lun_push_error(L, err, "map");
	lua_pushboolean(L, true);
	return 1;
}

/* selection:state() -> { seen, skipped, matched, remaining, restarted, truncated } */
static int l_state(lua_State *L)
{
	struct lun_map_top *sel = &check_selection(L)->sel;

	lua_createtable(L, 0, 6);
	lun_set_int(L, "matched", sel->matched);
	lun_set_int(L, "remaining", sel->remaining);
	lun_set_int(L, "seen", sel->seen);
	if (!sel->ahead.done)
		return 1;
	lun_set_int(L, "skipped", sel->ahead.cur.skipped);
	lun_set_bool(L, "restarted", sel->restarted);
	lun_set_bool(L, "truncated", sel->truncated);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "step", l_step },
	{ "rows", l_rows },
	{ "rank", l_rank },
	{ "again", l_again },
	{ "state", l_state },
	{ "close", l_close },
	{ NULL, NULL },
};

void lun_bind_map_top(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_MAP_TOP_HANDLE, methods, l_close);
	lua_pop(L, 1);
}
