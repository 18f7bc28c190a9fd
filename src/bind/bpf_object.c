/* Ids and type names of all kinds of objects; maps and BTF objects as plain tables. */
#include <bpf/bpf.h>
#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/bpf.h"
#include "bind/bpf_maps.h"
#include "bind/bpf_type.h"
#include "vm/push.h"
#include "bpf/object/btf_load.h"
#include "bpf/object/map.h"
#include "bpf/object/map_list.h"
#include "bpf/object/object.h"

static enum lun_kind check_kind(lua_State *L, int idx)
{
	const char *name = luaL_checkstring(L, idx);
	int kind = lun_kind_parse(name);

	if (kind < 0)
		luaL_argerror(L, idx, "a kind is \"prog\", \"map\", \"link\" or \"btf\"");
	return (enum lun_kind)kind;
}

static int push_map_ids(lua_State *L)
{
	struct lun_out *out = lun_push_buffer(L);
	int err = lun_map_ids(out);
	const uint32_t *ids = (const void *)out->data;
	size_t n = out->len / sizeof(*ids);

	if (err)
		return lun_push_error(L, err, "listing ids");
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		lua_pushinteger(L, ids[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lun_out_free(out);
	return 1;
}

/* bpf.ids(kind) -> integer[] | nil, err, errno */
static int l_ids(lua_State *L)
{
	enum lun_kind kind = check_kind(L, 1);
	lua_Integer n = 0;
	uint32_t id = 0;
	int err;

	if (kind == LUN_MAP)
		return push_map_ids(L);
	lua_newtable(L);
	while (!(err = lun_object_next(kind, &id))) {
		lua_pushinteger(L, id);
		lua_rawseti(L, -2, ++n);
	}
	return err == -ENOENT ? 1 : lun_push_error(L, err, "listing ids");
}

/* bpf.type_name(kind, type_id) -> string */
static int l_type_name(lua_State *L)
{
	enum lun_kind kind = check_kind(L, 1);

	lun_push_type(L, kind, lun_check_id(L, 2));
	return 1;
}

void lun_push_map_info(lua_State *L, const struct lun_map_facts *facts)
{
	const struct bpf_map_info *k = &facts->info;

	lua_createtable(L, 0, 24);
	lun_set_int(L, "id", k->id);
	lun_set_type(L, LUN_MAP, k->type);
	lun_set_str(L, "name", k->name);
	lun_set_str(L, "full_name", facts->full_name[0] ? facts->full_name : NULL);
	lun_set_int(L, "key_size", k->key_size);
	lun_set_int(L, "value_size", k->value_size);
	lun_set_int(L, "max_entries", k->max_entries);
	lun_set_int(L, "map_flags", k->map_flags);
	lun_set_int(L, "map_extra", k->map_extra);
	lun_set_int(L, "ifindex", k->ifindex);
	lun_set_int(L, "netns_dev", k->netns_dev);
	lun_set_int(L, "netns_ino", k->netns_ino);
	lun_set_int(L, "btf_id", k->btf_id);
	lun_set_int(L, "btf_key_type_id", k->btf_key_type_id);
	lun_set_int(L, "btf_value_type_id", k->btf_value_type_id);
	lun_set_int(L, "btf_vmlinux_value_type_id", k->btf_vmlinux_value_type_id);
	lun_set_int(L, "memlock", facts->fd.memlock);
	lun_set_bool(L, "frozen", facts->fd.frozen);
	lun_set_bool(L, "per_cpu", lun_map_type_per_cpu(k->type));
	lun_set_bool(L, "own", lun_name_own(k->name));
}

/* bpf.map_info(id) -> MapInfo | nil, err, errno */
static int l_map_info(lua_State *L)
{
	uint32_t id = lun_check_id(L, 1);
	struct lun_map_facts facts;
	int err = lun_map_facts(id, &facts);

	if (err)
		return lun_push_failure(L, err, "map %u: %s", id, strerror(-err));
	lun_push_map_info(L, &facts);
	return 1;
}

/* The ids in the option `ids`, in a buffer on the stack; NULL when the option is missing. */
static struct lun_out *opt_ids(lua_State *L, int idx)
{
	struct lun_out *ids;
	uint32_t id;

	if (lua_isnoneornil(L, idx) || lua_getfield(L, idx, "ids") == LUA_TNIL)
		return NULL;
	luaL_checktype(L, -1, LUA_TTABLE);
	ids = lun_push_buffer(L);
	for (lua_Integer i = 1, n = luaL_len(L, -2); i <= n; i++) {
		lua_geti(L, -2, i);
		id = lun_check_id(L, -1);
		lun_out_mem(ids, &id, sizeof(id));
		lua_pop(L, 1);
	}
	return ids;
}

static int list_maps(struct lun_out *ids, struct lun_out *out)
{
	if (!ids)
		return lun_map_list(out);
	return ids->err ? ids->err
			: lun_map_some((void *)ids->data, ids->len / sizeof(uint32_t), out);
}

/* bpf.maps([opts]) -> MapInfo[] | nil, err, errno */
static int l_maps(lua_State *L)
{
	bool own = lun_opt_bool(L, 1, "own", true);
	struct lun_out *ids = opt_ids(L, 1), *out = lun_push_buffer(L);
	const struct lun_map_facts *list;
	int err = list_maps(ids, out);
	lua_Integer n = 0;

	if (err)
		return lun_push_error(L, err, "listing maps");
	list = (const void *)out->data;
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*list); i++) {
		if (!own && lun_name_own(list[i].info.name))
			continue;
		lun_push_map_info(L, &list[i]);
		lua_rawseti(L, -2, ++n);
	}
	lun_out_free(out);
	return 1;
}

static void push_btf(lua_State *L, const struct lun_btf_info *info)
{
	lua_createtable(L, 0, 4);
	lun_set_int(L, "id", info->k.id);
	lun_set_str(L, "name", info->name);
	lun_set_int(L, "size", info->k.btf_size);
	lun_set_bool(L, "kernel", info->k.kernel_btf);
}

/* bpf.btf_info(id) -> BtfInfo | nil, err, errno */
static int l_btf_info(lua_State *L)
{
	uint32_t id = lun_check_id(L, 1);
	struct lun_btf_info info;
	int err = lun_btf_info(id, &info);

	if (err)
		return lun_push_failure(L, err, "BTF object %u: %s", id, strerror(-err));
	push_btf(L, &info);
	return 1;
}

/* bpf.btfs() -> BtfInfo[] | nil, err, errno */
static int l_btfs(lua_State *L)
{
	struct lun_btf_info info;
	lua_Integer n = 0;
	uint32_t id = 0;
	int err;

	lua_newtable(L);
	while (!(err = lun_object_next(LUN_BTF, &id))) {
		err = lun_btf_info(id, &info);
		if (err == -ENOENT)
			continue;
		if (err)
			return lun_push_error(L, err, "listing BTF objects");
		push_btf(L, &info);
		lua_rawseti(L, -2, ++n);
	}
	return err == -ENOENT ? 1 : lun_push_error(L, err, "listing BTF objects");
}

static const luaL_Reg functions[] = {
	{ "ids", l_ids },
	{ "type_name", l_type_name },
	{ "maps", l_maps },
	{ "map_info", l_map_info },
	{ "btfs", l_btfs },
	{ "btf_info", l_btf_info },
	{ NULL, NULL },
};

int lun_bind_objects(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
