/* A handle on one map (opened in bpf_map_open.c). Keys and values are byte strings here. */
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "bind/bpf.h"
#include "bind/bpf_maps.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/read/cursor.h"
#include "bpf/object/map_fill.h"

/* Indices of a handle's user values: the decoder in force, and the decoder by types alone. */
enum { DECODER = 1, OF_TYPES = 2 };

static struct lun_map *test_map(lua_State *L, int idx)
{
	return luaL_checkudata(L, idx, LUN_MAP_HANDLE);
}

struct lun_map *lun_map_check(lua_State *L, int idx)
{
	struct lun_map *map = test_map(L, idx);

	if (map->fd < 0)
		luaL_error(L, "map is closed");
	return map;
}

/* map:close() */
static int l_map_close(lua_State *L)
{
	lun_map_close(test_map(L, 1));
	return 0;
}

/* Pushes nil, message, errno for an operation on a map. */
static int push_map_error(lua_State *L, const struct lun_map *map, int err)
{
	const char *why = err == -524 || err == -EOPNOTSUPP ? "not supported by this map type"
							    : strerror(-err);

	return lun_push_failure(L, err, "map %u: %s", map->info.id, why);
}

static int push_result(lua_State *L, const struct lun_map *map, int err)
{
	if (err)
		return push_map_error(L, map, err);
	lua_pushboolean(L, true);
	return 1;
}

/* map:id() -> integer */
static int l_map_id(lua_State *L)
{
	lua_pushinteger(L, lun_map_check(L, 1)->info.id);
	return 1;
}

static int push_info(lua_State *L, const struct lun_map *map)
{
	struct lun_map_facts facts;
	int err = lun_map_facts_fd(map->fd, &facts);

	if (err)
		return lun_push_failure(L, err, "map %u: %s", map->info.id, strerror(-err));
	lun_push_map_info(L, &facts);
	return 1;
}

/* map:info() -> MapInfo | nil, err, errno */
static int l_map_info(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);

	lua_settop(L, 1);
	return push_info(L, map);
}

static bool has_keys(const struct lun_map *map)
{
	return map->info.key_size != 0;
}

/* A key of the right size; NULL (for nil) when the map has no keys. */
static const void *check_key(lua_State *L, const struct lun_map *map, int idx)
{
	size_t len;
	const char *key;

	if (!has_keys(map) && lua_isnoneornil(L, idx))
		return NULL;
	key = luaL_checklstring(L, idx, &len);
	if (len != map->info.key_size)
		luaL_error(L, "key: has %d bytes, the map's keys have %d", (int)len,
			(int)map->info.key_size);
	return key;
}

static void check_size(lua_State *L, const struct lun_map *map, size_t len)
{
	bool padded = lun_map_type_per_cpu(map->info.type) || map->stride < map->info.value_size;
	uint32_t want = padded ? map->info.value_size : map->stride;

	if (len != want)
		luaL_error(L, "value: has %d bytes, the map's values have %d", (int)len, (int)want);
}

/* A value in the kernel's layout; for a per-CPU map a string for all CPUs, or a list. */
static const void *check_value(lua_State *L, const struct lun_map *map, int idx)
{
	uint8_t *all;
	size_t len;
	const char *value;

	if (!lun_map_type_per_cpu(map->info.type)) {
		value = luaL_checklstring(L, idx, &len);
		check_size(L, map, len);
		return value;
	}
	all = lua_newuserdatauv(L, map->value_bytes, 0);
	memset(all, 0, map->value_bytes);
	if (lua_istable(L, idx) && luaL_len(L, idx) != (lua_Integer)map->cpus)
		luaL_error(L, "value: needs %d values, one a possible CPU", (int)map->cpus);
	for (uint32_t cpu = 0; cpu < map->cpus; cpu++) {
		if (lua_istable(L, idx))
			lua_rawgeti(L, idx, cpu + 1);
		else
			lua_pushvalue(L, idx);
		value = luaL_checklstring(L, -1, &len);
		check_size(L, map, len);
		memcpy(all + (size_t)cpu * map->stride, value, len);
		lua_pop(L, 1);
	}
	return all;
}

void lun_push_raw_value(lua_State *L, const struct lun_map *map, const uint8_t *value)
{
	uint32_t size = map->stride < map->info.value_size ? map->stride : map->info.value_size;

	if (!lun_map_type_per_cpu(map->info.type)) {
		lua_pushlstring(L, (const char *)value, map->stride);
		return;
	}
	lua_createtable(L, (int)map->cpus, 0);
	for (uint32_t cpu = 0; cpu < map->cpus; cpu++) {
		lua_pushlstring(L, (const char *)value + (size_t)cpu * map->stride, size);
		lua_rawseti(L, -2, cpu + 1);
	}
}

static int look(lua_State *L, int (*get)(const struct lun_map *, const void *, void *))
{
	struct lun_map *map = lun_map_check(L, 1);
	const void *key = check_key(L, map, 2);
	uint8_t *value = lua_newuserdatauv(L, map->value_bytes + 1, 0);
	int err = get(map, key, value);

	if (err == -ENOENT) {
		luaL_pushfail(L);
		lua_pushliteral(L, "no such key");
		lua_pushinteger(L, ENOENT);
		return 3;
	}
	if (err)
		return push_map_error(L, map, err);
	lun_push_raw_value(L, map, value);
	return 1;
}

/* map:lookup(key) -> value | nil, err, errno; a list of values on a per-CPU map */
static int l_map_lookup(lua_State *L)
{
	return look(L, lun_map_lookup);
}

/* map:peek() -> value | nil, err, errno: the next element of a queue or stack */
static int l_map_peek(lua_State *L)
{
	lua_settop(L, 1);
	return look(L, lun_map_lookup);
}

/* map:pop([key]) -> value | nil, err, errno: and takes it out */
static int l_map_pop(lua_State *L)
{
	return look(L, lun_map_pop);
}

static const char *const flag_names[] = { "any", "noexist", "exist", "lock", NULL };

/* map:update(key, value [, "any" | "noexist" | "exist" | number]) -> true | nil, err, errno */
static int l_map_update(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	const void *key = check_key(L, map, 2), *value;
	lua_Integer flags = 0;

	if (lua_type(L, 4) == LUA_TNUMBER)
		flags = luaL_checkinteger(L, 4);
	else
		flags = luaL_checkoption(L, 4, "any", flag_names);
	if (flags == 3)
		flags = BPF_F_LOCK;
	value = check_value(L, map, 3);
	return push_result(L, map, lun_map_update(map, key, value, (uint64_t)flags));
}

/* map:push(value) -> true | nil, err, errno */
static int l_map_push(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	const void *value = check_value(L, map, 2);

	return push_result(L, map, lun_map_update(map, NULL, value, BPF_ANY));
}

/* map:contains(value) -> boolean | nil, err, errno: may a bloom filter have it? */
static int l_map_contains(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	int err;

	if (map->info.type != BPF_MAP_TYPE_BLOOM_FILTER)
		return lun_push_failure(L, -EOPNOTSUPP, "map %u: no bloom filter", map->info.id);
	err = lun_map_contains(map, check_value(L, map, 2));
	if (err < 0)
		return push_map_error(L, map, err);
	lua_pushboolean(L, err);
	return 1;
}

/* map:delete(key) -> true | nil, err, errno */
static int l_map_delete(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);

	return push_result(L, map, lun_map_delete(map, check_key(L, map, 2)));
}

/* map:freeze() -> true | nil, err, errno: user space can't write it any more */
static int l_map_freeze(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);

	return push_result(L, map, lun_map_freeze(map));
}

/* map:unreadable() -> sentence | nil */
static int l_map_unreadable(lua_State *L)
{
	lua_pushstring(L, lun_map_unreadable(lun_map_check(L, 1))); /* nil for NULL */
	return 1;
}

static uint32_t check_number(lua_State *L, const char *field)
{
	lua_Integer n;

	lua_getfield(L, 1, field);
	n = luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	return (uint32_t)n;
}

/* bpf.unreadable(info) -> sentence | nil: what map:unreadable() says, of a map that is not open */
static int l_unreadable(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_pushstring(L,
		lun_map_type_unreadable(check_number(L, "type_id"), check_number(L, "value_size")));
	return 1;
}

/* map:fd() -> integer */
static int l_map_fd(lua_State *L)
{
	lua_pushinteger(L, lun_map_check(L, 1)->fd);
	return 1;
}

static bool is_array(uint32_t type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int count_keys(struct lun_map *map, uint64_t *count)
{
	struct lun_cursor cur;
	int err = lun_cursor_open(&cur, map, 0), n;

	if (err)
		return err;
	while ((n = lun_cursor_next(&cur)) > 0 || (!n && !cur.done))
		;
	*count = cur.seen;
	lun_cursor_close(&cur);
	return n;
}

/* map:count() -> integer | nil, err, errno */
static int l_map_count(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	uint64_t count = map->info.max_entries;
	int err = is_array(map->info.type) ? 0
					   : lun_map_fill_one(map->info.id, map->info.type, &count);

	if (err && lun_map_access(map->info.type) == LUN_ACCESS_KEYS)
		err = count_keys(map, &count);
	if (err && lun_map_unreadable(map))
		return lun_push_failure(
			L, -EOPNOTSUPP, "map %u: %s", map->info.id, lun_map_unreadable(map));
	if (err)
		return push_map_error(L, map, err);
	lua_pushinteger(L, (lua_Integer)count);
	return 1;
}

/* Gets a decoder from the hook: the one in force, or the one by the map's types alone. Caches it in
 * the handle's user value `slot`. */
static int push_decoder(lua_State *L, int idx, int slot)
{
	struct lun_map *map = lun_map_check(L, idx);

	idx = lua_absindex(L, idx);
	if (lua_getiuservalue(L, idx, slot) == LUA_TTABLE)
		return 0;
	lua_pop(L, 1);
	if (lua_getfield(L, LUA_REGISTRYINDEX, "lunette.decoder_hook") != LUA_TFUNCTION)
		return luaL_error(L, "no decoder hook is set");
	if (push_info(L, map) != 1)
		return 3; // hook, nil, err, errno
	lua_pushboolean(L, slot == OF_TYPES);
	lua_call(L, 2, 1);
	luaL_checktype(L, -1, LUA_TTABLE);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, idx, slot);
	return 0;
}

int lun_push_decoder(lua_State *L, int idx)
{
	return push_decoder(L, idx, DECODER);
}

int lun_push_types_decoder(lua_State *L, int idx)
{
	return push_decoder(L, idx, OF_TYPES);
}

/* map:decoder() -> Decoder | nil, err, errno */
static int l_map_decoder(lua_State *L)
{
	lua_settop(L, 1);
	return lun_push_decoder(L, 1) ? 3 : 1;
}

/* map:use(decoder) -> map: reads with this decoder from now on */
static int l_map_use(lua_State *L)
{
	lun_map_check(L, 1);
	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	lua_pushvalue(L, 2);
	lua_setiuservalue(L, 1, OF_TYPES);
	lua_setiuservalue(L, 1, DECODER);
	return 1;
}

/* bpf.decoder_hook(fn): sets the function fn(MapInfo, of_types) -> Decoder that finds a map's
 * decoder */
static int l_decoder_hook(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_settop(L, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, "lunette.decoder_hook");
	return 0;
}

static const luaL_Reg methods[] = {
	{ "id", l_map_id },
	{ "fd", l_map_fd },
	{ "info", l_map_info },
	{ "unreadable", l_map_unreadable },
	{ "lookup", l_map_lookup },
	{ "update", l_map_update },
	{ "delete", l_map_delete },
	{ "push", l_map_push },
	{ "pop", l_map_pop },
	{ "peek", l_map_peek },
	{ "contains", l_map_contains },
	{ "freeze", l_map_freeze },
	{ "count", l_map_count },
	{ "decoder", l_map_decoder },
	{ "use", l_map_use },
	{ "cursor", l_map_cursor },
	{ "each", l_map_each },
	{ "select", l_map_select },
	{ "snapshot", l_map_snapshot },
	{ "stream", l_map_stream },
	{ "ring", l_map_ring },
	{ "storage", l_map_storage },
	{ "close", l_map_close },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "map", lun_map_open },
	{ "unreadable", l_unreadable },
	{ "decoder_hook", l_decoder_hook },
	{ NULL, NULL },
};

int lun_bind_maps(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_MAP_HANDLE, methods, l_map_close);
	lua_pop(L, 1);
	luaL_setfuncs(L, functions, 0);
	lun_bind_plans(L);
	lun_bind_btf(L);
	lun_bind_cursors(L);
	lun_bind_map_top(L);
	lun_bind_snapshots(L);
	lun_bind_map_look(L);
	return 0;
}
