/* Reads maps that can't be walked by key: fill counts, ring buffers, local storage. */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "bind/decode.h"
#include "vm/push.h"
#include "bpf/object/map_fill.h"
#include "bpf/read/map_ring.h"
#include "bpf/read/map_storage.h"

enum { RECORDS = 100, ENTRIES = 1000 };

/* bpf.fill() -> { [map id] = entries } | nil, err, errno */
static int l_fill(lua_State *L)
{
	const struct lun_fill_record *records;
	struct lun_out *out = lun_push_buffer(L);
	int err = lun_map_fill(out);

	if (err)
		return lun_push_error(L, err, "counting maps");
	records = (const void *)out->data;
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*records); i++) {
		lua_pushinteger(L, (lua_Integer)records[i].count);
		lua_rawseti(L, -2, records[i].id);
	}
	lun_out_free(out);
	return 1;
}

static void push_record(lua_State *L, const struct lun_ring_record *record)
{
	lua_createtable(L, 0, 3);
	lua_pushlstring(L, (const char *)record->data, record->busy ? 0 : record->len);
	lua_setfield(L, -2, "data");
	lun_set_int(L, "size", record->len);
	lun_set_bool(L, "busy", record->busy);
	lun_set_bool(L, "discarded", record->discarded);
}

struct ring_call {
	struct lun_ring ring;
	lua_Integer limit;
};

/* Runs protected, so that the memory mappings are removed after an error. */
static int push_ring(lua_State *L)
{
	struct ring_call *call = lua_touserdata(L, 1);
	struct lun_ring_record record;
	lua_Integer n = 0;

	lua_createtable(L, 0, 5);
	lun_set_int(L, "size", call->ring.size);
	lun_set_int(L, "used", call->ring.producer_pos - call->ring.consumer_pos);
	lun_set_int(L, "consumer", call->ring.consumer_pos);
	lun_set_int(L, "producer", call->ring.producer_pos);
	lua_newtable(L);
	while (n < call->limit && lun_ring_next(&call->ring, &record)) {
		push_record(L, &record);
		lua_rawseti(L, -2, ++n);
	}
	lua_setfield(L, -2, "records");
	return 1;
}

/* map:ring([limit]) -> { records, used, size, consumer, producer } | nil, err, errno */
int l_map_ring(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	struct ring_call call = { .limit = luaL_optinteger(L, 2, RECORDS) };
	int err, status;

	if (lun_map_access(map->info.type) != LUN_ACCESS_RING)
		return lun_push_failure(L, -EOPNOTSUPP, "map %u is no ring buffer", map->info.id);
	err = lun_ring_open(&call.ring, map);
	if (err)
		return lun_push_error(L, err, "mapping the ring buffer");
	lua_pushcfunction(L, push_ring);
	lua_pushlightuserdata(L, &call);
	status = lua_pcall(L, 1, 1, 0);
	lun_ring_close(&call.ring);
	return status == LUA_OK ? 1 : lua_error(L);
}

struct storage_call {
	const struct lun_map *map;
	struct lun_out *out; /* records of head, path length, path, value */
	lua_Integer left;
};

static bool note_owner(
	void *ctx, const struct lun_storage_head *head, const char *path, const uint8_t *value)
{
	struct storage_call *call = ctx;
	size_t len = path ? strlen(path) : 0;

	lun_out_mem(call->out, head, sizeof(*head));
	lun_out_mem(call->out, &len, sizeof(len));
	lun_out_mem(call->out, path, len);
	lun_out_mem(call->out, value, call->map->value_bytes);
	return --call->left > 0;
}

static void push_owner(
	lua_State *L, const struct lun_storage_head *head, const char *path, size_t len)
{
	lua_createtable(L, 0, 4);
	if (head->tid) {
		lun_set_int(L, "pid", head->pid);
		lun_set_int(L, "tid", head->tid);
		lun_set_str(L, "comm", head->comm);
	} else if (path) {
		lua_pushlstring(L, path, len);
		lua_setfield(L, -2, "path");
	} else {
		lun_set_int(L, "cookie", head->cookie);
		lun_set_int(L, "family", head->family);
		lun_set_int(L, "port", head->port);
	}
}

/* Pushes the entries, values decoded by the plan at plan_idx. */
static void push_entries(lua_State *L, const struct storage_call *call, int plan_idx)
{
	const char *p = call->out->data, *end = p ? p + call->out->len : p;
	struct lun_storage_head head;
	lua_Integer n = 0;
	size_t len;

	lua_newtable(L);
	while (p < end) {
		struct lun_bytes value = { .cpus = 1, .stride = call->map->stride };

		memcpy(&head, p, sizeof(head));
		memcpy(&len, p + sizeof(head), sizeof(len));
		p += sizeof(head) + sizeof(len);
		value.data = (const uint8_t *)p + len;
		lua_createtable(L, 0, 2);
		push_owner(L, &head, len ? p : NULL, len);
		lua_setfield(L, -2, "owner");
		lun_push_decoded(L, plan_idx, &value, LUN_EACH_CPU);
		lua_setfield(L, -2, "value");
		lua_rawseti(L, -2, ++n);
		p += len + call->map->value_bytes;
	}
}

static int push_storage_error(lua_State *L, const struct lun_map *map, int err)
{
	const char *program = lun_storage_program(map->info.type);

	if (err == -EPERM && program)
		return lun_push_failure(L, err,
			"map %u: the kernel refuses the program (%s) that reads it: %s",
			map->info.id, program, strerror(-err));
	return lun_push_failure(
		L, err, "map %u: reading its owners: %s", map->info.id, strerror(-err));
}

/* map:storage([limit]) -> { { owner, value }… } | nil, err, errno */
int l_map_storage(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	struct storage_call call = { .map = map, .left = luaL_optinteger(L, 2, ENTRIES) };
	int err;

	lua_settop(L, 1);
	if (lun_map_access(map->info.type) != LUN_ACCESS_STORE)
		return lun_push_failure(L, -EOPNOTSUPP, "map %u is no local storage", map->info.id);
	if (lun_push_decoder(L, 1))
		return 3;
	lua_getfield(L, 2, "value_plan"); // map, decoder, plan
	if (!lun_plan_test(L, 3) || lun_plan_test(L, 3)->size > map->stride)
		return lun_push_failure(L, -EMSGSIZE, "the decoder reads more than the value");
	call.out = lun_push_buffer(L);
	err = lun_map_storage(map, note_owner, &call);
	if (!err)
		err = call.out->err;
	if (err)
		return push_storage_error(L, map, err);
	push_entries(L, &call, 3);
	lun_out_free(call.out);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "fill", l_fill },
	{ NULL, NULL },
};

void lun_bind_map_look(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
}
