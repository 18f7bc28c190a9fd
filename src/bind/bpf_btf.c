/* bpf.btf(id | "vmlinux" | path) -> Btf: types by name and id, as C text, as plans. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <lauxlib.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "bind/decode.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/decode/btf_c.h"
#include "bpf/decode/btf_plan.h"
#include "bpf/object/btf_load.h"
#include "bpf/object/map_name.h"

static struct lun_btf *check_slot(lua_State *L, int idx)
{
	return luaL_checkudata(L, idx, LUN_BTF_HANDLE);
}

const struct btf *lun_btf_check(lua_State *L, int idx)
{
	struct lun_btf *btf = check_slot(L, idx);

	if (!btf->btf)
		luaL_error(L, "btf is closed");
	return btf->btf;
}

/* btf:close() */
static int l_btf_close(lua_State *L)
{
	lun_btf_free(check_slot(L, 1));
	return 0;
}

/* Pushes nil, message, errno, for the object with the id or for the file. */
static int push_load_error(lua_State *L, int err, const char *why, uint32_t id, const char *path)
{
	const char *name = path ? path : lua_pushfstring(L, "btf %d", (int)id);

	return lun_push_failure(L, err, "%s: %s", name, *why ? why : strerror(-err));
}

/* bpf.btf(id | "vmlinux" | path) -> Btf <close> | nil, err, errno */
static int l_btf(lua_State *L)
{
	bool by_id = lua_type(L, 1) == LUA_TNUMBER;
	uint32_t id = by_id ? lun_check_id(L, 1) : 0;
	const char *path = by_id ? NULL : luaL_checkstring(L, 1);
	struct lun_btf *btf = lua_newuserdatauv(L, sizeof(*btf), 0);
	int err;

	memset(btf, 0, sizeof(*btf));
	luaL_setmetatable(L, LUN_BTF_HANDLE);
	err = by_id ? lun_btf_load_id(btf, id) : lun_btf_load_path(btf, path);
	return err ? push_load_error(L, err, btf->why, id, path) : 1;
}

static const char *const kinds[] = { "void", "int", "pointer", "array", "struct", "union", "enum",
	"fwd", "typedef", "volatile", "const", "restrict", "func", "func_proto", "var", "datasec",
	"float", "decl_tag", "type_tag", "enum64" };

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* btf:find(name [, kind]) -> type id | nil */
static int l_btf_find(lua_State *L)
{
	const struct btf *btf = lun_btf_check(L, 1);
	const char *name = luaL_checkstring(L, 2), *kind = luaL_optstring(L, 3, NULL);
	uint32_t n = btf__type_cnt(btf);

	for (uint32_t id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *have = t ? btf__name_by_offset(btf, t->name_off) : NULL;

		if (!have || strcmp(have, name) || btf_kind(t) >= KINDS)
			continue;
		if (kind && strcmp(kinds[btf_kind(t)], kind))
			continue;
		lua_pushinteger(L, id);
		return 1;
	}
	luaL_pushfail(L);
	return 1;
}

static uint32_t check_type(lua_State *L, const struct btf *btf)
{
	lua_Integer id = luaL_checkinteger(L, 2);

	luaL_argcheck(L, id >= 0 && id < (lua_Integer)btf__type_cnt(btf), 2, "no such type");
	return (uint32_t)id;
}

/* btf:type(id) -> { id, kind, name, size, type } */
static int l_btf_type(lua_State *L)
{
	const struct btf *btf = lun_btf_check(L, 1);
	uint32_t id = check_type(L, btf);
	const struct btf_type *t = btf__type_by_id(btf, id);
	const char *name = btf__name_by_offset(btf, t->name_off);
	int64_t size = btf__resolve_size(btf, id);

	lua_createtable(L, 0, 6);
	lun_set_int(L, "id", id);
	lun_set_str(L, "kind", btf_kind(t) < KINDS ? kinds[btf_kind(t)] : "unknown");
	lun_set_str(L, "name", name && *name ? name : NULL);
	if (size >= 0)
		lun_set_int(L, "size", (uint64_t)size);
	if (btf_is_typedef(t) || btf_is_mod(t) || btf_is_ptr(t) || btf_is_var(t) ||
		btf_is_func(t) || btf_is_decl_tag(t))
		lun_set_int(L, "type", t->type);
	lun_set_int(L, "members", btf_vlen(t));
	return 1;
}

/* btf:count() -> how many types, void among them */
static int l_btf_count(lua_State *L)
{
	lua_pushinteger(L, btf__type_cnt(lun_btf_check(L, 1)));
	return 1;
}

/* btf:plan(type id, size) -> Plan | nil, err, errno */
static int l_btf_plan(lua_State *L)
{
	const struct btf *btf = lun_btf_check(L, 1);
	uint32_t id = check_type(L, btf);
	lua_Integer size = luaL_checkinteger(L, 3);
	struct lun_plan *plan;
	int err;

	luaL_argcheck(L, size >= 0 && size <= UINT32_MAX, 3, "out of range");
	plan = lun_btf_plan(btf, id, (uint32_t)size, &err);
	if (!plan)
		return lun_push_error(L, err, "type");
	lun_plan_push(L, plan);
	return 1;
}

/* Reads the map info at 3. False when its name may be cut. */
static bool read_info(lua_State *L, struct bpf_map_info *info)
{
	static const char *const fields[] = { "type_id", "key_size", "value_size" };
	uint32_t *const numbers[] = { &info->type, &info->key_size, &info->value_size };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		lua_getfield(L, 3, fields[i]);
		*numbers[i] = (uint32_t)luaL_checkinteger(L, -1);
		lua_pop(L, 1);
	}
	return lua_getfield(L, 3, "full_name") == LUA_TSTRING;
}

enum { OTHER_BTF = 1 }; /* the map itself has no BTF */

/* The properties of the map whose declaration is searched for. */
struct wanted {
	const char *name;
	bool cut; /* the name may go on */
	const struct bpf_map_info *info;
};

static bool is_wanted(const struct wanted *wanted, const struct lun_declared *map)
{
	if (map->section)
		return false;
	if (!wanted->cut)
		return !strcmp(map->name, wanted->name);
	return lun_map_is_declared(map, wanted->info, OTHER_BTF);
}

static void pick_declared(struct lun_out *list, const struct wanted *wanted)
{
	struct lun_declared *maps = (void *)list->data;
	size_t n = list->len / sizeof(*maps), kept = 0;

	for (size_t i = 0; i < n; i++)
		if (is_wanted(wanted, &maps[i]))
			maps[kept++] = maps[i];
	list->len = kept * sizeof(*maps);
}

static bool same_declaration(const struct lun_out *list)
{
	const struct lun_declared *maps = (const void *)list->data;

	for (size_t i = 1; i < list->len / sizeof(*maps); i++)
		if (maps[i].key_type != maps[0].key_type ||
			maps[i].value_type != maps[0].value_type)
			return false;
	return true;
}

static int push_ambiguous(lua_State *L, const char *name, const struct lun_out *list)
{
	const struct lun_declared *maps = (const void *)list->data;
	luaL_Buffer b;

	luaL_pushfail(L);
	luaL_buffinit(L, &b);
	lua_pushfstring(L, "ambiguous: the kernel's name '%s' may stand for ", name);
	luaL_addvalue(&b);
	for (size_t i = 0; i < list->len / sizeof(*maps); i++) {
		luaL_addstring(&b, i ? ", " : "");
		luaL_addstring(&b, maps[i].name);
	}
	luaL_pushresult(&b);
	return 2;
}

/* btf:map(name [, MapInfo]) -> { key, value }: the type ids that a program declares for the
 * map | nil, the reason when several maps fit */
static int l_btf_map(lua_State *L)
{
	const struct btf *btf = lun_btf_check(L, 1);
	const char *name = luaL_checkstring(L, 2);
	struct bpf_map_info info = { .name = "" };
	struct wanted wanted = { name, strlen(name) == LUN_MAP_NAME_CUT, &info };
	const struct lun_declared *map;
	struct lun_out *list;

	lua_settop(L, 3);
	strncpy(info.name, name, sizeof(info.name) - 1);
	if (lua_istable(L, 3) && read_info(L, &info))
		wanted.cut = false;
	list = lun_push_buffer(L);
	lun_declared_maps(btf, strlen(name), list);
	pick_declared(list, &wanted);
	map = (const void *)list->data;
	if (!list->len)
		return luaL_pushfail(L), 1;
	if (!same_declaration(list))
		return push_ambiguous(L, name, list);
	lua_createtable(L, 0, 2);
	if (map->key_type)
		lun_set_int(L, "key", map->key_type);
	if (map->value_type)
		lun_set_int(L, "value", map->value_type);
	return 1;
}

/* The ids in the list at 2, or the single id there, in a buffer on the stack. */
static struct lun_out *push_ids(lua_State *L, const struct btf *btf)
{
	struct lun_out *ids = lun_push_buffer(L);
	uint32_t id;

	if (!lua_istable(L, 2)) {
		id = check_type(L, btf);
		lun_out_mem(ids, &id, sizeof(id));
		return ids;
	}
	for (lua_Integer i = 1; lua_rawgeti(L, 2, i) != LUA_TNIL; i++) {
		id = lun_check_id(L, -1);
		lun_out_mem(ids, &id, sizeof(id));
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return ids;
}

/* btf:c(type id | ids) -> the types and the types they need, each once, as C | nil, err, errno */
static int l_btf_c(lua_State *L)
{
	const struct btf *btf = lun_btf_check(L, 1);
	struct lun_out *ids = push_ids(L, btf), *out = lun_push_buffer(L);
	int err = ids->err;

	if (!err)
		err = lun_btf_c(btf, (void *)ids->data, ids->len / sizeof(uint32_t), out);
	if (err == -E2BIG)
		return lun_push_failure(
			L, err, "the types are more than %d MiB of C", LUN_BTF_C_MAX >> 20);
	if (err)
		return lun_push_error(L, err, "type");
	lua_pushlstring(L, out->data ? out->data : "", out->len);
	lun_out_free(out);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "find", l_btf_find },
	{ "type", l_btf_type },
	{ "count", l_btf_count },
	{ "map", l_btf_map },
	{ "plan", l_btf_plan },
	{ "c", l_btf_c },
	{ "close", l_btf_close },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "btf", l_btf },
	{ NULL, NULL },
};

void lun_bind_btf(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_BTF_HANDLE, methods, l_btf_close);
	lua_pop(L, 1);
	luaL_setfuncs(L, functions, 0);
}
