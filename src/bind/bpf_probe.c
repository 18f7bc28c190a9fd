/* bpf.probe: tests whether the running kernel supports a type of object, or a helper. */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "bpf/object/type_names.h"
#include "vm/push.h"
#include "bpf/object/probe.h"
#include "bpf/read/ranges.h"

enum what { PROG, MAP, HELPER, TRAMPOLINE, BATCH, RANGES };

static const char *const words[] = { "prog", "map", "helper", "trampoline", "batch", "ranges",
	NULL };

/* A type given by its number or the kernel's name. */
static uint32_t check_type(lua_State *L, int idx, enum lun_kind kind)
{
	int type;

	if (lua_type(L, idx) == LUA_TNUMBER)
		return lun_check_id(L, idx);
	type = lun_type_parse(kind, luaL_checkstring(L, idx));
	if (type < 0)
		luaL_argerror(L, idx, "no such type");
	return (uint32_t)type;
}

static int ask(lua_State *L, enum what what)
{
	switch (what) {
	case PROG:
		return lun_probe_prog(check_type(L, 2, LUN_PROG));
	case MAP:
		return lun_probe_map(check_type(L, 2, LUN_MAP));
	case HELPER:
		return lun_probe_helper(check_type(L, 2, LUN_PROG), lun_check_id(L, 3));
	case TRAMPOLINE:
		return lun_probe_trampoline();
	case RANGES:
		return lun_ranges_able(BPF_MAP_TYPE_HASH) && lun_ranges_able(BPF_MAP_TYPE_ARRAY);
	default:
		return lun_probe_batch();
	}
}

/* bpf.probe(what [, type [, helper]]) -> boolean | nil, err, errno */
static int l_probe(lua_State *L)
{
	int what = luaL_checkoption(L, 1, NULL, words);
	int answer = ask(L, what);

	if (answer == -EOPNOTSUPP)
		return lun_push_failure(L, answer, "this can't be tried");
	if (answer < 0)
		return lun_push_error(L, answer, words[what]);
	lua_pushboolean(L, answer);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "probe", l_probe },
	{ NULL, NULL },
};

int lun_bind_probe(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
