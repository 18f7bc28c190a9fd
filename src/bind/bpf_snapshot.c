/* map:snapshot(opts): the entries of a map at one time, and the changes between two. */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/read/cursor_prefetch.h"
#include "bpf/read/snapshot.h"

enum { BYTES = 64 << 20, CHANGES = 10000 };

struct snapshot {
	struct lun_snapshot snap;
	struct lun_prefetch ahead; /* while it is taken */
	struct lun_map map;        /* the map's sizes; without a descriptor */
	struct lun_filter where;
	bool reading, restarted, cut;
	uint64_t seen;
};

static struct snapshot *check_snapshot(lua_State *L, int idx)
{
	return luaL_checkudata(L, idx, LUN_SNAPSHOT_HANDLE);
}

static void end_reading(struct snapshot *s)
{
	if (!s->reading)
		return;
	s->reading = false;
	s->restarted = s->ahead.cur.restarted;
	s->cut = s->ahead.cur.truncated;
	lun_prefetch_close(&s->ahead);
	lun_filter_free(&s->where);
}

/* snapshot:close() */
static int l_close(lua_State *L)
{
	struct snapshot *s = check_snapshot(L, 1);

	end_reading(s);
	lun_snapshot_close(&s->snap);
	return 0;
}

static lua_Integer opt_number(lua_State *L, const char *name, lua_Integer otherwise)
{
	lua_Integer n = otherwise;

	if (lua_istable(L, 2)) {
		lua_getfield(L, 2, name);
		n = luaL_optinteger(L, -1, otherwise);
		lua_pop(L, 1);
	}
	if (n < 1 || n > otherwise)
		luaL_error(L, "%s: out of range", name);
	return n;
}

static int take_batch(struct snapshot *s, int n)
{
	int err = 0;

	for (int i = 0; !err && i < n; i++) {
		const uint8_t *key = lun_prefetch_key(&s->ahead, (uint32_t)i);
		const uint8_t *value = lun_prefetch_value(&s->ahead, (uint32_t)i);

		s->seen++;
		if (lun_filter_passes(&s->where, key, value))
			err = lun_snapshot_add(&s->snap, key, value);
	}
	return err;
}

/* Reads the whole map; the snapshot is at 3, what the condition calls at 4. */
static int take(lua_State *L, struct snapshot *s)
{
	struct lun_lua_calls calls;
	int n = 0, err = 0;

	lun_bind_calls(&calls, L, 4);
	lun_bind_filter(&s->where, &calls);
	while (!err && !s->ahead.done) {
		n = lun_prefetch_next(&s->ahead);
		err = n < 0 ? n : take_batch(s, n);
		if (!err)
			lun_check_limit(L);
	}
	end_reading(s);
	return err;
}

/* The snapshot in the field `like`: the new one keeps the same part of the keys. */
static uint32_t halvings_of(lua_State *L)
{
	uint32_t halvings = 0;

	if (!lua_istable(L, 2))
		return 0;
	if (lua_getfield(L, 2, "like") != LUA_TNIL)
		halvings = check_snapshot(L, -1)->snap.halvings;
	lua_pop(L, 1);
	return halvings;
}

static void push_called(lua_State *L, const struct lun_map *map, struct snapshot *s)
{
	lua_settop(L, 3);
	lua_newtable(L);
	if (lua_istable(L, 2) && lua_getfield(L, 2, "where") != LUA_TNIL)
		lun_check_where(L, -1, map, &s->where, 4);
	lua_settop(L, 4);
}

/* map:snapshot([{ bytes =, entries =, like =, where = }]) -> Snapshot | nil, err, errno */
int l_map_snapshot(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	size_t bytes;
	uint32_t entries, halvings;
	struct snapshot *s;
	int err, n;

	lua_settop(L, 2);
	bytes = (size_t)opt_number(L, "bytes", BYTES);
	entries = (uint32_t)opt_number(L, "entries", UINT32_MAX);
	halvings = halvings_of(L);
	n = lun_push_readable(L, map);
	if (n)
		return n;
	s = lua_newuserdatauv(L, sizeof(*s), 0);
	memset(s, 0, sizeof(*s));
	luaL_setmetatable(L, LUN_SNAPSHOT_HANDLE);
	s->map = *map;
	s->map.fd = -1;
	lun_snapshot_open(&s->snap, map, entries, bytes, halvings);
	lun_filter_init(&s->where);
	s->reading = true;
	err = lun_prefetch_open(&s->ahead, map);
	if (!err) {
		push_called(L, map, s);
		err = take(L, s);
		lua_settop(L, 3);
	}
	return err ? lun_push_error(L, err, "reading the map") : 1;
}

struct listing {
	lua_State *L;
	const struct lun_map *map;
	lua_Integer limit, counts[LUN_CHANGES];
};

static const char *const lists[] = { "added", "removed", "changed" };

/* The lists are on the stack at 4, 5 and 6. */
static void list_change(void *ctx, enum lun_change change, const uint8_t *key, const uint8_t *value,
	const uint8_t *before)
{
	struct listing *l = ctx;

	if (l->counts[change]++ >= l->limit)
		return;
	lua_createtable(l->L, 3, 0);
	lua_pushlstring(l->L, (const char *)key, l->map->info.key_size);
	lua_rawseti(l->L, -2, 1);
	lun_push_raw_value(l->L, l->map, value ? value : before);
	lua_rawseti(l->L, -2, 2);
	if (value && before) {
		lun_push_raw_value(l->L, l->map, before);
		lua_rawseti(l->L, -2, 3);
	}
	lua_rawseti(l->L, 4 + (int)change, l->counts[change]);
}

/* snapshot:changes(newer [, limit]) -> { added, removed, changed, counts } | nil, err, errno */
static int l_changes(lua_State *L)
{
	struct snapshot *older = check_snapshot(L, 1), *newer = check_snapshot(L, 2);
	struct listing listing = {
		.L = L, .map = &newer->map, .limit = luaL_optinteger(L, 3, CHANGES)
	};
	int err;

	lua_settop(L, 3);
	luaL_checkstack(L, 16, "changes");
	for (int i = 0; i < LUN_CHANGES; i++)
		lua_newtable(L);
	err = lun_snapshot_compare(&older->snap, &newer->snap, list_change, &listing);
	if (err)
		return lun_push_failure(L, err, "the two are of different maps");
	lua_createtable(L, 0, 4);
	lua_createtable(L, 0, LUN_CHANGES);
	for (int i = 0; i < LUN_CHANGES; i++) {
		lun_set_int(L, lists[i], (uint64_t)listing.counts[i]);
		lua_pushvalue(L, 4 + i);
		lua_setfield(L, 7, lists[i]);
	}
	lua_setfield(L, 7, "counts");
	return 1;
}

/* snapshot:state() -> { entries, share, seen, restarted, truncated } */
static int l_state(lua_State *L)
{
	const struct snapshot *s = check_snapshot(L, 1);

	lua_createtable(L, 0, 5);
	lun_set_int(L, "entries", s->snap.nr);
	lun_set_number(L, "share", 1.0 / (double)(UINT64_C(1) << s->snap.halvings));
	lun_set_int(L, "seen", s->seen);
	lun_set_bool(L, "restarted", s->restarted);
	lun_set_bool(L, "truncated", s->cut);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "changes", l_changes },
	{ "state", l_state },
	{ "close", l_close },
	{ NULL, NULL },
};

void lun_bind_snapshots(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_SNAPSHOT_HANDLE, methods, l_close);
	lua_pop(L, 1);
}
