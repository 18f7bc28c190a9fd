/* Pins: lists them, pins a handle, removes a pin. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "vm/push.h"
#include "bpf/object/pins.h"
#include "text/out.h"

/*
 * A Lua error during the walk would leak its open directories. So the walk writes records into a
 * buffer, from which the tables are made afterwards. A record: kind, id, time, path with its NUL.
 */
struct record {
	uint32_t kind;
	uint32_t id;
	double time;
};

static int note_pin(void *ctx, const struct lun_pin *pin)
{
	struct record record = { pin->kind, pin->id, pin->time };
	struct lun_out *out = ctx;

	lun_out_mem(out, &record, sizeof(record));
	lun_out_mem(out, pin->path, strlen(pin->path) + 1);
	return out->err;
}

static size_t push_record(lua_State *L, const char *at)
{
	struct record record;
	const char *path = at + sizeof(record);

	memcpy(&record, at, sizeof(record));
	lua_createtable(L, 0, 4);
	lun_set_str(L, "path", path);
	lun_set_str(L, "kind", lun_kind_name(record.kind));
	lun_set_int(L, "id", record.id);
	if (record.time > 0)
		lun_set_number(L, "time", record.time);
	return sizeof(record) + strlen(path) + 1;
}

/* bpf.pins() -> Pin[] | nil, err, errno */
static int l_pins(lua_State *L)
{
	struct lun_out *out = lun_push_buffer(L);
	int err = lun_pins(note_pin, out);
	lua_Integer n = 0;

	if (err)
		return lun_push_error(L, err, "listing pins");
	lua_newtable(L);
	for (size_t at = 0; at < out->len;) {
		at += push_record(L, out->data + at);
		lua_rawseti(L, -2, ++n);
	}
	lun_out_free(out);
	return 1;
}

/* bpf.pinned(path) -> { path, kind, id } | nil, err, errno; however the path is spelled */
static int l_pinned(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	enum lun_kind kind;
	uint32_t id = 0;
	int err = lun_pin_find(path, &kind, &id);

	if (err == -ENOENT)
		return lun_push_failure(L, err, "%s: nothing is pinned there", path);
	if (err == -EINVAL)
		return lun_push_failure(L, err, "%s: not in a BPF file system", path);
	if (err)
		return lun_push_error(L, err, path);
	lua_createtable(L, 0, 3);
	lun_set_str(L, "path", path);
	lun_set_str(L, "kind", lun_kind_name(kind));
	lun_set_int(L, "id", id);
	return 1;
}

static int push_result(lua_State *L, int err, const char *path)
{
	if (err == -ELOOP)
		return lun_push_failure(
			L, err, "%s: a symbolic link: give the pin's own path", path);
	if (err == -EINVAL)
		return lun_push_failure(L, err, "%s: not in a BPF file system", path);
	if (err)
		return lun_push_error(L, err, path);
	lua_pushboolean(L, true);
	return 1;
}

/* bpf.pin(handle, path) -> true | nil, err, errno; any handle that has a method fd() */
static int l_pin(lua_State *L)
{
	const char *path = luaL_checkstring(L, 2);

	luaL_checktype(L, 1, LUA_TUSERDATA);
	lua_getfield(L, 1, "fd");
	lua_pushvalue(L, 1);
	lua_call(L, 1, 1);
	return push_result(L, lun_pin((int)luaL_checkinteger(L, -1), path), path);
}

/* bpf.unpin(path) -> true | nil, err, errno */
static int l_unpin(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	return push_result(L, lun_unpin(path), path);
}

static const luaL_Reg functions[] = {
	{ "pins", l_pins },
	{ "pinned", l_pinned },
	{ "pin", l_pin },
	{ "unpin", l_unpin },
	{ NULL, NULL },
};

int lun_bind_pins(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
