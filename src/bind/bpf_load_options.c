#include "bind/bpf_load_options.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/bpf_global.h"
#include "bpf/object/object.h"

/* True when the list on top holds the name. */
static bool list_has(lua_State *L, const char *name)
{
	bool has = false;

	for (lua_Integer i = 1; !has && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		has = lua_type(L, -1) == LUA_TSTRING && !strcmp(lua_tostring(L, -1), name);
		lua_pop(L, 1);
	}
	if (!has)
		lua_pop(L, 1); // the end of the list
	return has;
}

static bool is_listed(lua_State *L, const char *name)
{
	bool listed = lua_getfield(L, 2, "programs") == LUA_TNIL || list_has(L, name);

	lua_pop(L, 1);
	return listed;
}

/* A program named in alternatives is loaded only with its own; any other program always. */
static bool is_chosen(const struct lun_load_options *options, const char *name)
{
	lua_State *L = options->L;
	bool known = false, chosen = false;

	if (!options->choices)
		return true;
	lua_getfield(L, 2, "alternatives");
	for (lua_Integer i = 1; i <= options->choices; i++) {
		lua_rawgeti(L, -1, i);
		if (list_has(L, name)) {
			known = true;
			chosen = chosen || i == options->choice;
		}
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return chosen || !known;
}

/* Sets the function that the program attaches to: of the program whose id is targets[name]. */
static int set_target(lua_State *L, struct bpf_program *prog)
{
	int top = lua_gettop(L), fd = 0, err = 0;

	if (lua_getfield(L, 2, "targets") == LUA_TTABLE &&
		lua_getfield(L, -1, bpf_program__name(prog)) == LUA_TTABLE) {
		lua_getfield(L, -1, "prog");
		lua_getfield(L, -2, "func");
		fd = lun_object_open(LUN_PROG, (uint32_t)lua_tointeger(L, -2));
		err = fd < 0 ? fd : bpf_program__set_attach_target(prog, fd, lua_tostring(L, -1));
		if (err && fd > 0)
			close(fd);
	}
	lua_settop(L, top);
	return err ? err : fd;
}

static int prepare_program(struct lun_load_options *options, struct bpf_program *prog)
{
	const char *name = bpf_program__name(prog);
	int fd;

	if (!is_listed(options->L, name) || !is_chosen(options, name))
		return bpf_program__set_autoload(prog, false);
	fd = set_target(options->L, prog);
	if (fd <= 0)
		return fd;
	if (options->nr_targets == sizeof(options->targets) / sizeof(options->targets[0]))
		return close(fd), -E2BIG;
	options->targets[options->nr_targets++] = fd;
	return 0;
}

/* Keeps the text on top, an error about the options. */
static int refuse(struct lun_load_options *options, int err)
{
	options->refused = lua_gettop(options->L);
	return err;
}

static int set_size(struct lun_load_options *options, struct bpf_object *obj)
{
	lua_State *L = options->L;
	const char *name = lua_tostring(L, -2);
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);
	int err = map ? bpf_map__set_max_entries(map, (uint32_t)lua_tointeger(L, -1)) : -EINVAL;

	if (!map)
		lua_pushfstring(L, "sizes: the object has no map '%s'", name);
	else if (err)
		lua_pushfstring(L, "sizes: the size of %s can't be set: %s", name, strerror(-err));
	return err;
}

static int set_sizes(struct lun_load_options *options, struct bpf_object *obj)
{
	lua_State *L = options->L;
	int err;

	if (lua_getfield(L, 2, "sizes") == LUA_TNIL)
		return lua_pop(L, 1), 0;
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		err = set_size(options, obj);
		if (err)
			return refuse(options, err);
	}
	lua_pop(L, 1);
	return 0;
}

static int set_globals(struct lun_load_options *options, struct bpf_object *obj)
{
	lua_State *L = options->L;
	int err = 0;

	if (lua_getfield(L, 2, "set") != LUA_TNIL)
		err = lun_globals_set(L, -1, obj);
	if (err)
		return refuse(options, err);
	lua_pop(L, 1);
	return 0;
}

static int prepare_all(struct lun_load_options *options, struct bpf_object *obj)
{
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program(prog, obj)
	{
		err = prepare_program(options, prog);
		if (err)
			return err;
	}
	err = set_sizes(options, obj);
	return err ? err : set_globals(options, obj);
}

struct preparing {
	struct lun_load_options *options;
	struct bpf_object *obj;
};

/* prepare(preparing, options) -> error, sentence | nil */
static int l_prepare(lua_State *L)
{
	struct preparing *preparing = lua_touserdata(L, 1);
	int err = prepare_all(preparing->options, preparing->obj);

	lua_pushinteger(L, err);
	if (preparing->options->refused)
		lua_pushvalue(L, preparing->options->refused);
	else
		lua_pushnil(L);
	return 2;
}

/* Protected, because libbpf calls it and a Lua error must not jump over libbpf. */
int lun_load_options_prepare(void *ctx, struct bpf_object *obj)
{
	struct lun_load_options *options = ctx;
	struct preparing preparing = { options, obj };
	lua_State *L = options->L;
	int err = -ENOMEM;

	if (!lua_istable(L, 2))
		return 0;
	lua_pushcfunction(L, l_prepare);
	lua_pushlightuserdata(L, &preparing);
	lua_pushvalue(L, 2);
	if (lua_pcall(L, 2, 2, 0) == LUA_OK) {
		err = (int)lua_tointeger(L, -2);
		lua_remove(L, -2);
	}
	options->refused = lua_isstring(L, -1) ? lua_gettop(L) : 0;
	if (!options->refused)
		lua_pop(L, 1);
	return err;
}

void lun_load_options_release(struct lun_load_options *options)
{
	while (options->nr_targets)
		close(options->targets[--options->nr_targets]);
}

static void check_target(lua_State *L)
{
	luaL_argcheck(L,
		lua_istable(L, -1) && lua_getfield(L, -1, "prog") == LUA_TNUMBER &&
			lua_getfield(L, -2, "func") == LUA_TSTRING,
		2, "a target is { prog = id, func = name }");
	lua_pop(L, 2);
}

static void check_targets(lua_State *L)
{
	if (lua_getfield(L, 2, "targets") != LUA_TNIL) {
		luaL_argcheck(L, lua_istable(L, -1), 2, "targets is a table by program");
		for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
			check_target(L);
	}
	lua_pop(L, 1);
}

static void check_sizes(lua_State *L)
{
	if (lua_getfield(L, 2, "sizes") == LUA_TNIL) {
		lua_pop(L, 1);
		return;
	}
	luaL_argcheck(L, lua_istable(L, -1), 2, "sizes is a table by map");
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		lua_Integer n = lua_tointeger(L, -1);

		luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && n > 0 && n <= UINT32_MAX, 2,
			"sizes is a table of whole numbers by map");
	}
	lua_pop(L, 1);
}

static lua_Integer check_alternatives(lua_State *L)
{
	lua_Integer n = 0;

	if (lua_getfield(L, 2, "alternatives") != LUA_TNIL) {
		luaL_argcheck(L, lua_istable(L, -1) && lua_rawlen(L, -1) > 0, 2,
			"alternatives is a list of lists of programs");
		n = (lua_Integer)lua_rawlen(L, -1);
		for (lua_Integer i = 1; i <= n; i++) {
			luaL_argcheck(L, lua_rawgeti(L, -1, i) == LUA_TTABLE, 2,
				"an alternative is a list of programs");
			lua_pop(L, 1);
		}
	}
	lua_pop(L, 1);
	return n;
}

static void check_data(lua_State *L, struct lun_load_options *options)
{
	const char *slash = strrchr(options->path, '/');

	if (lua_getfield(L, 2, "data") != LUA_TNIL) {
		options->bytes = luaL_checklstring(L, -1, &options->len); // kept by the table
		options->name = slash ? slash + 1 : options->path;
	}
	lua_pop(L, 1);
}

void lun_load_options_check(lua_State *L, struct lun_load_options *options)
{
	options->L = L;
	options->label = options->path;
	luaL_checkstack(L, 30, "load");
	if (lua_isnoneornil(L, 2))
		return;
	luaL_checktype(L, 2, LUA_TTABLE);
	luaL_argcheck(L, lua_getfield(L, 2, "programs") == LUA_TNIL || lua_istable(L, -1), 2,
		"programs is a list of names");
	luaL_argcheck(L, lua_getfield(L, 2, "set") == LUA_TNIL || lua_istable(L, -1), 2,
		"set is a table by name of variable");
	lua_pop(L, 2);
	check_targets(L);
	check_sizes(L);
	options->choices = check_alternatives(L);
	check_data(L, options);
}

void lun_load_options_push_choice(lua_State *L, lua_Integer choice)
{
	luaL_Buffer b;

	lua_getfield(L, 2, "alternatives");
	lua_rawgeti(L, -1, choice);
	lua_remove(L, -2);
	luaL_buffinit(L, &b);
	for (lua_Integer i = 1; lua_rawgeti(L, -2, i) == LUA_TSTRING; i++) {
		if (i > 1)
			lua_pushliteral(L, ", "), lua_insert(L, -2), lua_concat(L, 2);
		luaL_addvalue(&b);
	}
	lua_pop(L, 1);
	luaL_pushresult(&b);
	lua_remove(L, -2);
}
