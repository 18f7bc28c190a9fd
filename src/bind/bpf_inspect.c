/* BPF object files before they run: what is in them, what the verifier says, and which types of
 * the kernel they rely on. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "bind/bpf_maps.h"
#include "bind/bpf_type.h"
#include "vm/push.h"
#include "bpf/object/btf_load.h"
#include "bpf/object/core_relo.h"
#include "bpf/object/load.h"
#include "bpf/object/verify.h"

static int push_failure(lua_State *L, int err, const char *path, const struct lun_out *log)
{
	const char *text = log->len ? log->data : "";
	size_t len = log->len;

	if (len > 8 && !strncmp(text, "libbpf: ", 8))
		text += 8, len -= 8;
	while (len && text[len - 1] == '\n')
		len--;
	lua_pushlstring(L, text, len);
	return lun_push_failure(L, err, "%s: %s", path, len ? lua_tostring(L, -1) : strerror(-err));
}

static void push_programs(lua_State *L, struct bpf_object *obj)
{
	struct bpf_program *prog;
	lua_Integer n = 0;

	lua_newtable(L);
	bpf_object__for_each_program(prog, obj)
	{
		lua_createtable(L, 0, 6);
		lun_set_str(L, "name", bpf_program__name(prog));
		lun_set_str(L, "section", bpf_program__section_name(prog));
		lun_set_type(L, LUN_PROG, bpf_program__type(prog));
		lun_set_int(L, "instructions", bpf_program__insn_cnt(prog));
		lun_set_bool(L, "autoload", bpf_program__autoload(prog));
		lua_rawseti(L, -2, ++n);
	}
}

static void push_maps(lua_State *L, struct bpf_object *obj)
{
	struct bpf_map *map;
	lua_Integer n = 0;

	lua_newtable(L);
	bpf_object__for_each_map(map, obj)
	{
		lua_createtable(L, 0, 8);
		lun_set_str(L, "name", bpf_map__name(map));
		lun_set_type(L, LUN_MAP, bpf_map__type(map));
		lun_set_int(L, "key_size", bpf_map__key_size(map));
		lun_set_int(L, "value_size", bpf_map__value_size(map));
		lun_set_int(L, "max_entries", bpf_map__max_entries(map));
		lun_set_int(L, "map_flags", bpf_map__map_flags(map));
		lun_set_str(L, "pin_path", bpf_map__pin_path(map));
		lua_rawseti(L, -2, ++n);
	}
}

/* bpf.inspect(path) -> { programs, maps, btf } | nil, err, errno */
static int l_inspect(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct lun_object o;
	int err = lun_object_read(&o, path);

	if (err) {
		err = push_failure(L, err, path, &o.log);
		lun_object_close(&o);
		return err;
	}
	lua_createtable(L, 0, 3);
	push_programs(L, o.obj);
	lua_setfield(L, -2, "programs");
	push_maps(L, o.obj);
	lua_setfield(L, -2, "maps");
	lun_set_bool(L, "btf", bpf_object__btf(o.obj) != NULL);
	lun_object_close(&o);
	return 1;
}

static bool add_verified(void *user, const struct lun_verified *v)
{
	lua_State *L = user;
	char why[128];

	lua_createtable(L, 0, 14);
	lun_set_str(L, "name", v->name);
	lun_set_str(L, "section", v->section);
	lun_set_type(L, LUN_PROG, v->type);
	lun_set_int(L, "instructions", v->insns);
	lun_set_bool(L, "loaded", !v->err);
	if (v->err) {
		lun_set_str(L, "error", strerror_r(-v->err, why, sizeof(why)));
		lun_set_str(L, "log", v->log ? v->log : "");
	} else {
		lun_set_int(L, "processed", v->processed);
		lun_set_int(L, "max_states_per_insn", v->max_states);
		lun_set_int(L, "total_states", v->total_states);
		lun_set_int(L, "peak_states", v->peak_states);
		lun_set_int(L, "mark_read", v->mark_read);
		lun_set_int(L, "time_us", v->time_us);
		lun_set_int(L, "xlated", v->xlated);
		lun_set_int(L, "jited", v->jited);
		lun_set_str(L, "stack", v->stack);
	}
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	return true;
}

/* bpf.verify(path [, program]) -> table[] | nil, err, errno */
static int l_verify(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1), *only = luaL_optstring(L, 2, NULL);
	struct lun_out *log = lun_push_buffer(L);
	int err;

	lua_newtable(L);
	err = lun_object_verify(path, only, add_verified, L, log);
	if (err == -ENOENT && only && !log->len)
		return lun_push_failure(L, err, "%s: there is no program '%s'", path, only);
	if (err)
		return push_failure(L, err, path, log);
	return 1;
}

static bool add_relo(void *user, const struct lun_core_relo *relo)
{
	lua_State *L = user;

	lua_createtable(L, 0, 5);
	lun_set_str(L, "kind", relo->kind);
	lun_set_str(L, "what", relo->what);
	lun_set_str(L, "section", relo->section);
	lun_set_bool(L, "needed", relo->needed);
	lun_set_bool(L, "found", relo->found);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	return true;
}

/* bpf.core_relocations(path, btf) -> table[] | nil, err, errno */
static int l_core_relocations(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	const struct btf *target = lun_btf_check(L, 2);
	char why[LUN_BTF_WHY] = "";
	int err;

	lua_newtable(L);
	err = lun_core_relos(path, target, add_relo, L, why);
	if (err)
		return lun_push_failure(L, err, "%s: %s", path, *why ? why : strerror(-err));
	return 1;
}

static const luaL_Reg functions[] = {
	{ "inspect", l_inspect },
	{ "verify", l_verify },
	{ "core_relocations", l_core_relocations },
	{ NULL, NULL },
};

int lun_bind_inspect(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
