/* bpf.profile: CPU samples of BPF code. */
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/cost/profile.h"

enum { DEFAULT_HERTZ = 997, MAX_HERTZ = 20000 };

/* The handle owns the result that is being pushed, so that an error frees it. */
struct handle {
	struct lun_profile *profile;
	struct lun_profile_result result;
};

static int fail(lua_State *L, int err, const char *what)
{
	luaL_pushfail(L);
	lua_pushfstring(L, "%s: %s", what, strerror(-err));
	lua_pushinteger(L, -err);
	return 3;
}

/* profile:close() */
static int l_profile_close(lua_State *L)
{
	struct handle *h = luaL_checkudata(L, 1, LUN_PROFILE);

	lun_profile_stop(h->profile);
	h->profile = NULL;
	lun_profile_result_free(&h->result);
	return 0;
}

static void push_place(lua_State *L, const struct lun_hot *hot)
{
	lua_createtable(L, 0, 4);
	lun_set_int(L, "prog_id", hot->prog_id);
	lun_set_int(L, "func", (uint64_t)hot->func + 1);
	lun_set_int(L, "offset", hot->offset);
	lun_set_int(L, "samples", hot->samples);
}

/* profile:read() -> { samples, lost, hot } | nil, err, errno */
static int l_profile_read(lua_State *L)
{
	struct handle *h = luaL_checkudata(L, 1, LUN_PROFILE);
	int err;

	if (!h->profile)
		return luaL_error(L, "profile is closed");
	lun_profile_result_free(&h->result);
	err = lun_profile_read(h->profile, &h->result);
	if (err)
		return fail(L, err, "reading the samples");
	lua_createtable(L, 0, 3);
	lun_set_int(L, "samples", h->result.samples);
	lun_set_int(L, "lost", h->result.lost);
	lua_createtable(L, (int)h->result.nr_hot, 0);
	for (size_t i = 0; i < h->result.nr_hot; i++) {
		push_place(L, &h->result.hot[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "hot");
	return 1;
}

static const luaL_Reg methods[] = {
	{ "read", l_profile_read },
	{ "close", l_profile_close },
	{ NULL, NULL },
};

static const luaL_Reg metamethods[] = {
	{ "__gc", l_profile_close },
	{ "__close", l_profile_close },
	{ NULL, NULL },
};

static struct handle *push_handle(lua_State *L)
{
	struct handle *h = lua_newuserdatauv(L, sizeof(*h), 0);

	memset(h, 0, sizeof(*h));
	lun_push_metatable(L, LUN_PROFILE, metamethods, methods);
	lua_setmetatable(L, -2);
	return h;
}

/* bpf.profile([hertz]) -> Profile | nil, err, errno */
static int l_bpf_profile(lua_State *L)
{
	lua_Integer hertz = luaL_optinteger(L, 1, DEFAULT_HERTZ);
	struct handle *h;
	int err;

	luaL_argcheck(L, hertz > 0 && hertz <= MAX_HERTZ, 1, "not from 1 to 20000");
	h = push_handle(L);
	err = lun_profile_start(&h->profile, (unsigned int)hertz);
	return err ? fail(L, err, "sampling by perf events") : 1;
}

static const luaL_Reg functions[] = {
	{ "profile", l_bpf_profile },
	{ NULL, NULL },
};

int lun_bind_profile(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
