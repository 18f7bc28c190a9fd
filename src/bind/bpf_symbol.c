/* Names for addresses in code: kernel symbols, functions of executables, types of BTF objects. */
#include <bpf/btf.h>
#include <errno.h>
#include <fnmatch.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/bpf.h"
#include "vm/push.h"
#include "bpf/object/btf_load.h"
#include "bpf/code/elf_functions.h"
#include "bpf/code/elf_symbol.h"
#include "bpf/decode/ksyms.h"

/* bpf.ksym(address) -> "symbol+0x1f" | nil */
static int l_ksym(lua_State *L)
{
	uint64_t address = (uint64_t)luaL_checkinteger(L, 1);
	struct lun_out *out = lun_push_buffer(L);

	if (!lun_ksym_name(address, out) || out->err)
		luaL_pushfail(L);
	else
		lua_pushlstring(L, out->data, out->len);
	lun_out_free(out);
	return 1;
}

/* bpf.ksym_address(name) -> integer | nil */
static int l_ksym_address(lua_State *L)
{
	uint64_t address = lun_ksym_address(luaL_checkstring(L, 1));

	if (address)
		lua_pushinteger(L, (lua_Integer)address);
	else
		luaL_pushfail(L);
	return 1;
}

/* The process whose root directory the path belongs to; 0: ours. */
static uint32_t opt_pid(lua_State *L, int idx)
{
	return lua_isnoneornil(L, idx) ? 0 : lun_check_id(L, idx);
}

/* bpf.elf_symbol(path, offset [, pid]) -> name, within | nil, err, errno */
static int l_elf_symbol(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	uint64_t offset = (uint64_t)luaL_checkinteger(L, 2), within;
	char name[512];
	int err = lun_elf_symbol(opt_pid(L, 3), path, offset, name, sizeof(name), &within);

	if (err)
		return lun_push_error(L, err, path);
	lua_pushstring(L, name);
	lua_pushinteger(L, (lua_Integer)within);
	return 2;
}

/* bpf.elf_probe(path, offset [, pid]) -> "provider:name" | nil, err, errno */
static int l_elf_probe(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	uint64_t offset = (uint64_t)luaL_checkinteger(L, 2);
	char name[512];
	int err = lun_elf_probe(opt_pid(L, 3), path, offset, name, sizeof(name));

	if (err)
		return lun_push_error(L, err, path);
	lua_pushstring(L, name);
	return 1;
}

/* Where bpf.elf_functions collects: a list at `list`, of functions whose name fits `glob`. */
struct collecting {
	lua_State *L;
	const char *glob;
	lua_Integer n;
};

static bool collect(void *user, const struct lun_elf_function *function)
{
	struct collecting *c = user;

	if (c->glob && fnmatch(c->glob, function->name, 0))
		return true;
	lua_createtable(c->L, 0, 3);
	lun_set_str(c->L, "name", function->name);
	lun_set_int(c->L, "offset", function->offset);
	lun_set_int(c->L, "size", function->size);
	lua_rawseti(c->L, -2, ++c->n);
	return true;
}

/* bpf.elf_functions(path [, glob [, pid]]) -> { name, offset, size }[] | nil, err, errno */
static int l_elf_functions(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct collecting c = { .L = L, .glob = luaL_optstring(L, 2, NULL) };
	uint32_t pid = opt_pid(L, 3);
	int err;

	lua_newtable(L);
	err = lun_elf_functions(pid, path, collect, &c);
	if (err == -ENOENT && !access(path, F_OK))
		return lun_push_failure(L, err, "%s: has no symbols of functions", path);
	return err ? lun_push_error(L, err, path) : 1;
}

/* bpf.elf_returns(path, offset, size [, pid]) -> integer[] | nil, err, errno */
static int l_elf_returns(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	uint64_t offset = (uint64_t)luaL_checkinteger(L, 2), size;
	uint32_t pid = opt_pid(L, 4);
	const uint64_t *found;
	struct lun_out *out;
	int err;

	size = (uint64_t)luaL_checkinteger(L, 3);
	out = lun_push_buffer(L);
	err = lun_elf_returns(pid, path, offset, size, out);
	if (err)
		return lun_push_error(L, err, path);
	found = (const void *)out->data;
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*found); i++) {
		lua_pushinteger(L, (lua_Integer)found[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lun_out_free(out);
	return 1;
}

static int free_btf(lua_State *L)
{
	lun_btf_free(lua_touserdata(L, 1));
	return 0;
}

static const luaL_Reg metamethods[] = {
	{ "__gc", free_btf },
	{ NULL, NULL },
};

static struct lun_btf *push_btf(lua_State *L)
{
	struct lun_btf *btf = lua_newuserdatauv(L, sizeof(*btf), 0);

	memset(btf, 0, sizeof(*btf));
	lun_push_metatable(L, "lunette.btf_names", metamethods, NULL);
	lua_setmetatable(L, -2);
	return btf;
}

static void push_type_name(lua_State *L, const struct btf *btf, lua_Integer id)
{
	const struct btf_type *type = btf__type_by_id(btf, (uint32_t)id);
	const char *name = type ? btf__name_by_offset(btf, type->name_off) : NULL;

	lua_pushstring(L, name ? name : "");
}

/* bpf.btf_names(btf_id, type_ids) -> string[] | nil, err, errno; "" where a type has none */
static int l_btf_names(lua_State *L)
{
	uint32_t id = lun_check_id(L, 1);
	struct lun_btf *btf;
	lua_Integer n;
	int err;

	luaL_checktype(L, 2, LUA_TTABLE);
	btf = push_btf(L);
	err = lun_btf_load_id(btf, id);
	if (err)
		return lun_push_failure(L, err, "BTF object %u: %s", id, strerror(-err));
	n = luaL_len(L, 2);
	lua_createtable(L, (int)n, 0);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_geti(L, 2, i);
		push_type_name(L, btf->btf, luaL_checkinteger(L, -1));
		lua_seti(L, -3, i);
		lua_pop(L, 1);
	}
	lun_btf_free(btf);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "ksym", l_ksym },
	{ "ksym_address", l_ksym_address },
	{ "elf_symbol", l_elf_symbol },
	{ "elf_probe", l_elf_probe },
	{ "elf_functions", l_elf_functions },
	{ "elf_returns", l_elf_returns },
	{ "btf_names", l_btf_names },
	{ NULL, NULL },
};

int lun_bind_symbols(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
