/*
 * Walks over a map in Lua: cursors, for-loops and whole-map streams. A cursor has its own map
 * descriptor, so the map handle may be closed earlier.
 */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "bind/decode.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/read/cursor.h"

/* Indices of a cursor's user values. */
enum { KEY_PLAN = 1, VALUE_PLAN = 2, CALLED = 3 };

struct cursor {
	struct lun_cursor cur;
	struct lun_entry_format view;
	struct lun_filter where; /* the condition that entries must meet */
	uint32_t at;             /* index of the next entry in the batch */
	uint64_t looked;         /* entries before it */
	bool raw, filters;
};

static struct cursor *test_cursor(lua_State *L)
{
	return luaL_checkudata(L, 1, LUN_CURSOR_HANDLE);
}

/* cursor:close() */
static int l_cursor_close(lua_State *L)
{
	struct cursor *c = test_cursor(L);

	lun_cursor_close(&c->cur);
	lun_entry_format_free(&c->view);
	lun_filter_free(&c->where);
	c->at = 0;
	return 0;
}

static struct cursor *new_cursor(lua_State *L)
{
	struct cursor *c = lua_newuserdatauv(L, sizeof(*c), 3);

	memset(c, 0, sizeof(*c));
	lun_filter_init(&c->where);
	c->cur.map.fd = -1;
	luaL_setmetatable(L, LUN_CURSOR_HANDLE);
	return c;
}

int lun_push_chosen_decoder(lua_State *L, int (*otherwise)(lua_State *L, int idx))
{
	if (lua_istable(L, 2)) {
		if (lua_getfield(L, 2, "decoder") == LUA_TTABLE)
			return 0;
		lua_pop(L, 1);
	}
	return otherwise(L, 1);
}

static int set_view(lua_State *L, struct cursor *c, int cursor_idx, const struct lun_map *map)
{
	int n = lun_push_chosen_decoder(L, lun_push_types_decoder);

	if (!n)
		n = lun_push_view(L, -1, map, lun_opt_bool(L, 2, "cpus", false), &c->view);
	if (n)
		return n;
	lua_setiuservalue(L, cursor_idx, VALUE_PLAN);
	lua_setiuservalue(L, cursor_idx, KEY_PLAN);
	lua_pop(L, 1);
	return 0;
}

int lun_push_readable(lua_State *L, const struct lun_map *map)
{
	const char *why = lun_map_unreadable(map);

	if (!why)
		return 0;
	return lun_push_failure(L, -EOPNOTSUPP, "map %u: %s", map->info.id, why);
}

static void set_where(lua_State *L, struct cursor *c, const struct lun_map *map)
{
	if (!lua_istable(L, 2))
		return;
	c->filters = lua_getfield(L, 2, "where") != LUA_TNIL;
	if (c->filters) {
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_setiuservalue(L, 3, CALLED);
		lun_check_where(L, -2, map, &c->where, lua_gettop(L));
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* Pushes an open cursor and returns 0; on failure pushes the error and returns 3. */
static int push_cursor(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	struct cursor *c;
	int err, n;

	lua_settop(L, 2);
	if (!lua_isnil(L, 2))
		luaL_checktype(L, 2, LUA_TTABLE);
	n = lun_push_readable(L, map);
	if (n)
		return n;
	c = new_cursor(L);
	c->raw = lun_opt_bool(L, 2, "raw", false);
	if (!c->raw)
		n = set_view(L, c, 3, map);
	if (n)
		return n;
	set_where(L, c, map);
	err = lun_cursor_open(&c->cur, map, 0);
	if (!err && lua_istable(L, 2) && lua_getfield(L, 2, "after") == LUA_TSTRING) {
		size_t len;
		const char *after = lua_tolstring(L, -1, &len);

		err = lun_cursor_resume(&c->cur, (const uint8_t *)after, len);
	}
	lua_pushvalue(L, 3);
	return err ? lun_push_error(L, err, "map") : 0;
}

/* map:cursor([opts]) -> Cursor <close> | nil, err, errno */
int l_map_cursor(lua_State *L)
{
	int n = push_cursor(L);

	return n ? n : 1;
}

static void push_entry(lua_State *L, struct cursor *c, uint32_t i)
{
	const uint8_t *key = lun_cursor_key(&c->cur, i), *value = lun_cursor_value(&c->cur, i);
	struct lun_bytes bytes = lun_entry_format_key(key);

	if (c->raw) {
		lua_pushlstring(L, (const char *)key, c->cur.map.info.key_size);
		lun_push_raw_value(L, &c->cur.map, value);
		return;
	}
	lua_getiuservalue(L, 1, KEY_PLAN);
	lua_getiuservalue(L, 1, VALUE_PLAN);
	lun_push_decoded(L, -2, &bytes, LUN_EACH_CPU);
	if (lua_isnil(L, -1)) { /* a nil key would end the for-loop */
		lua_pop(L, 1);
		lua_pushlstring(L, (const char *)key, c->cur.map.info.key_size);
	}
	lun_push_decoded_value(L, -2, &c->view, value);
}

static bool wanted(struct cursor *c)
{
	return !c->filters ||
		lun_filter_passes(&c->where, lun_cursor_key(&c->cur, c->at),
			lun_cursor_value(&c->cur, c->at));
}

/* 1 when an entry that meets the condition is at c->at, 0 at the end, -errno on failure. Reads
 * batches as needed. */
static int fetch(lua_State *L, struct cursor *c)
{
	struct lun_lua_calls calls;

	lua_getiuservalue(L, 1, CALLED);
	lun_bind_calls(&calls, L, lua_gettop(L));
	lun_bind_filter(&c->where, &calls);
	for (;;) {
		int n;

		for (; c->at < c->cur.count; c->at++, c->looked++) {
			if (wanted(c))
				return 1;
		}
		if (c->cur.done)
			return 0;
		if (c->filters)
			lun_check_limit(L);
		n = lun_cursor_next(&c->cur);
		if (n < 0)
			return n;
		c->at = c->cur.skip < (uint32_t)n ? c->cur.skip : (uint32_t)n;
		c->cur.skip = 0;
	}
}

/* Pushes the entry at c->at and moves on. */
static int push_next(lua_State *L, struct cursor *c)
{
	push_entry(L, c, c->at++);
	c->looked++;
	return 2;
}

static int push_read_error(lua_State *L, const struct lun_map *map, int err)
{
	return lun_push_failure(
		L, err, "map %u: reading its entries: %s", map->info.id, strerror(-err));
}

/* cursor:next() -> key, value | nil [, err, errno] */
static int l_cursor_next(lua_State *L)
{
	struct cursor *c = test_cursor(L);
	int more;

	if (c->cur.map.fd < 0)
		return luaL_error(L, "cursor is closed");
	lua_settop(L, 1);
	more = fetch(L, c);
	if (more < 0)
		return push_read_error(L, &c->cur.map, more);
	if (!more) {
		luaL_pushfail(L);
		return 1;
	}
	return push_next(L, c);
}

/* The step function of a for-loop: like next(), but raises errors. */
static int l_cursor_step(lua_State *L)
{
	struct cursor *c = test_cursor(L);
	int more;

	lua_settop(L, 1);
	more = c->cur.map.fd < 0 ? 0 : fetch(L, c);
	if (more < 0)
		return luaL_error(L, "map %d: reading its entries: %s", (int)c->cur.map.info.id,
			strerror(-more));
	if (!more) {
		luaL_pushfail(L);
		return 1;
	}
	return push_next(L, c);
}

/* cursor:state() -> { seen, skipped, restarted, truncated, by_batch, done } */
static int l_cursor_state(lua_State *L)
{
	struct cursor *c = test_cursor(L);

	lua_createtable(L, 0, 6);
	lun_set_int(L, "seen", c->looked);
	lun_set_int(L, "skipped", c->cur.skipped);
	lun_set_bool(L, "restarted", c->cur.restarted);
	lun_set_bool(L, "truncated", c->cur.truncated);
	lun_set_bool(L, "by_batch", c->cur.by_batch);
	lun_set_bool(L, "done", c->cur.done && c->at >= c->cur.count);
	return 1;
}

/* cursor:position() -> string | nil at the end: where another cursor can go on */
static int l_cursor_position(lua_State *L)
{
	struct cursor *c = test_cursor(L);
	luaL_Buffer b;
	uint8_t *p;

	if (c->cur.map.fd < 0)
		return luaL_error(L, "cursor is closed");
	if (c->cur.done && c->at >= c->cur.count) {
		luaL_pushfail(L);
		return 1;
	}
	p = (uint8_t *)luaL_buffinitsize(L, &b, LUN_POSITION_HEAD + lun_cursor_key_room(&c->cur));
	luaL_pushresultsize(&b, lun_cursor_position(&c->cur, c->at, p));
	return 1;
}

/* cursor:each() -> iterator of key, value: as next(), but an error is raised */
static int l_cursor_each(lua_State *L)
{
	test_cursor(L);
	lua_settop(L, 1);
	lua_pushcfunction(L, l_cursor_step);
	lua_insert(L, 1);
	return 2;
}

/* map:each([opts]) -> iterator of key, value; opts: raw, decoder, cpus */
int l_map_each(lua_State *L)
{
	if (push_cursor(L))
		return luaL_error(L, "%s", lua_tostring(L, -2));
	lua_pushcfunction(L, l_cursor_step);
	lua_insert(L, -2); // step, cursor
	lua_pushnil(L);
	lua_pushvalue(L, -2);
	return 4;
}

static const luaL_Reg methods[] = {
	{ "next", l_cursor_next },
	{ "each", l_cursor_each },
	{ "position", l_cursor_position },
	{ "state", l_cursor_state },
	{ "close", l_cursor_close },
	{ NULL, NULL },
};

void lun_bind_cursors(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_CURSOR_HANDLE, methods, l_cursor_close);
	lua_pop(L, 1);
	lun_bind_streams(L);
}
