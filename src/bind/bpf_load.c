/* BPF object files: load, attach, and release of all on close. */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "bind/bpf.h"
#include "bind/bpf_maps.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/object/load.h"
#include "bpf/object/object.h"

enum { MESSAGE_MAX = 4000 };

static struct lun_object *check_object(lua_State *L)
{
	struct lun_object *o = luaL_checkudata(L, 1, LUN_OBJECT_HANDLE);

	if (!o->obj)
		luaL_error(L, "object is closed");
	return o;
}

/* The end of what libbpf said, which is where the verifier tells the reason. */
static int push_log(lua_State *L, const struct lun_object *o, int err, const char *what)
{
	size_t len = o->log.len, from = len > MESSAGE_MAX ? len - MESSAGE_MAX : 0;
	char text[128];

	while (len > from && o->log.data[len - 1] == '\n')
		len--;
	luaL_pushfail(L);
	lua_pushfstring(L, "%s: %s", what, strerror_r(-err, text, sizeof(text)));
	if (len > from) {
		lua_pushliteral(L, "\n");
		lua_pushlstring(L, o->log.data + from, len - from);
		lua_concat(L, 3);
	}
	lua_pushinteger(L, -err);
	return 3;
}

/* object:close() */
static int l_close(lua_State *L)
{
	lun_object_close(luaL_checkudata(L, 1, LUN_OBJECT_HANDLE));
	return 0;
}

static struct bpf_program *check_prog(lua_State *L, struct lun_object *o, int idx)
{
	const char *name = luaL_checkstring(L, idx);
	struct bpf_program *prog = bpf_object__find_program_by_name(o->obj, name);

	if (!prog)
		luaL_error(L, "the object has no program '%s'", name);
	return prog;
}

static int attach_interface(struct lun_object *o, struct bpf_program *prog, const char *name)
{
	unsigned int ifindex = if_nametoindex(name);

	return ifindex ? lun_object_attach_xdp(o, prog, (int)ifindex) : -errno;
}

static int attach_cgroup(struct lun_object *o, struct bpf_program *prog, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = lun_object_attach_cgroup(o, prog, fd);
	close(fd);
	return err;
}

static uint64_t perf_field(lua_State *L, const char *name)
{
	lua_Integer n;

	lua_getfield(L, -1, name);
	n = luaL_optinteger(L, -1, 0);
	lua_pop(L, 1);
	return (uint64_t)n;
}

/* { type =, config =, frequency = | period = } on top of the stack. */
static void check_perf(lua_State *L, struct lun_perf_spec *spec)
{
	luaL_argcheck(L, lua_istable(L, -1), 3,
		"perf_event is { type =, config =, frequency = or period = }");
	spec->type = (uint32_t)perf_field(L, "type");
	spec->config = perf_field(L, "config");
	spec->frequency = perf_field(L, "frequency");
	spec->period = perf_field(L, "period");
	luaL_argcheck(
		L, spec->frequency || spec->period, 3, "perf_event needs a frequency or a period");
}

/* Where the table at 3 says. */
struct place {
	const char *interface, *cgroup;
	struct lun_perf_spec perf;
};

static void check_place(lua_State *L, struct place *place)
{
	memset(place, 0, sizeof(*place));
	luaL_checktype(L, 3, LUA_TTABLE);
	if (lua_getfield(L, 3, "interface") != LUA_TNIL) {
		place->interface = luaL_checkstring(L, -1);
	} else if (lua_getfield(L, 3, "cgroup") != LUA_TNIL) {
		place->cgroup = luaL_checkstring(L, -1);
	} else if (lua_getfield(L, 3, "perf_event") != LUA_TNIL) {
		check_perf(L, &place->perf);
	} else {
		luaL_argerror(L, 3, "needs an interface, a cgroup or a perf_event");
	}
}

static int attach_there(struct lun_object *o, struct bpf_program *prog, const struct place *place)
{
	if (place->interface)
		return attach_interface(o, prog, place->interface);
	if (place->cgroup)
		return attach_cgroup(o, prog, place->cgroup);
	return lun_object_attach_perf(o, prog, &place->perf);
}

static bool goes_there(const struct bpf_program *prog, const struct place *place)
{
	enum bpf_prog_type type = bpf_program__type(prog);

	if (!bpf_program__autoload(prog))
		return false;
	if (place->interface)
		return type == BPF_PROG_TYPE_XDP;
	if (!place->cgroup)
		return type == BPF_PROG_TYPE_PERF_EVENT;
	return type == BPF_PROG_TYPE_CGROUP_SKB || type == BPF_PROG_TYPE_CGROUP_SOCK ||
		type == BPF_PROG_TYPE_CGROUP_DEVICE || type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR ||
		type == BPF_PROG_TYPE_CGROUP_SYSCTL || type == BPF_PROG_TYPE_CGROUP_SOCKOPT ||
		type == BPF_PROG_TYPE_SOCK_OPS;
}

/* Every program of a type that can be attached there: how many, or -errno. */
static int attach_all_there(struct lun_object *o, const struct place *place)
{
	size_t before = o->link_count;
	struct bpf_program *prog;
	int n = 0, err;

	bpf_object__for_each_program(prog, o->obj)
	{
		if (!goes_there(prog, place))
			continue;
		err = attach_there(o, prog, place);
		if (err) {
			lun_object_detach_from(o, before);
			return err;
		}
		n++;
	}
	return n;
}

static int push_none(lua_State *L, const struct place *place)
{
	return lun_push_failure(L, -EINVAL, "no program of the object can be attached to %s",
		place->interface        ? "an interface"
			: place->cgroup ? "a control group"
					: "a perf event");
}

/* object:attach([name [, { interface = | cgroup = | perf_event = }]]) -> count | nil, err, errno */
static int l_attach(lua_State *L)
{
	struct lun_object *o = check_object(L);
	struct bpf_program *prog = lua_isnoneornil(L, 2) ? NULL : check_prog(L, o, 2);
	bool there = !lua_isnoneornil(L, 3);
	struct place place;
	int n;

	if (there)
		check_place(L, &place);
	if (prog)
		n = there ? attach_there(o, prog, &place) : lun_object_attach_prog(o, prog);
	else
		n = there ? attach_all_there(o, &place) : lun_object_attach(o);
	if (n < 0)
		return push_log(L, o, n, prog ? bpf_program__name(prog) : "attaching");
	if (!n && !prog && there)
		return push_none(L, &place);
	lua_pushinteger(L, prog ? 1 : n);
	return 1;
}

/* object:detach() */
static int l_detach(lua_State *L)
{
	lun_object_detach(check_object(L));
	return 0;
}

/* object:map(name) -> Map <close> | nil, err, errno */
static int l_map(lua_State *L)
{
	struct lun_object *o = check_object(L);
	const char *name = luaL_checkstring(L, 2);
	int fd = bpf_object__find_map_fd_by_name(o->obj, name);

	if (fd < 0)
		return luaL_error(L, "the object has no map '%s'", name);
	return lun_push_map_fd(L, fd);
}

/* object:prog(name) -> Prog <close> | nil, err, errno */
static int l_prog(lua_State *L)
{
	struct lun_object *o = check_object(L);

	return lun_push_prog_fd(L, bpf_program__fd(check_prog(L, o, 2)));
}

static void push_entry(lua_State *L, enum lun_kind kind, int fd, const char *name)
{
	uint32_t id = 0;

	lun_object_id(kind, fd, &id);
	lua_createtable(L, 0, 3);
	lun_set_str(L, "name", name);
	lun_set_int(L, "id", id);
}

/* object:maps() -> { name, id }[] */
static int l_maps(lua_State *L)
{
	struct lun_object *o = check_object(L);
	lua_Integer n = 0;
	struct bpf_map *map;

	lua_newtable(L);
	bpf_object__for_each_map(map, o->obj)
	{
		if (bpf_map__fd(map) < 0)
			continue;
		push_entry(L, LUN_MAP, bpf_map__fd(map), bpf_map__name(map));
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

/* object:progs() -> { name, id, section }[] */
static int l_progs(lua_State *L)
{
	struct lun_object *o = check_object(L);
	struct bpf_program *prog;
	lua_Integer n = 0;

	lua_newtable(L);
	bpf_object__for_each_program(prog, o->obj)
	{
		if (bpf_program__fd(prog) < 0)
			continue;
		push_entry(L, LUN_PROG, bpf_program__fd(prog), bpf_program__name(prog));
		lun_set_str(L, "section", bpf_program__section_name(prog));
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

/* What bpf.load's second argument says: its table is at index 2, or there is none. */
static bool is_wanted(lua_State *L, const char *name)
{
	bool wanted = false;

	if (lua_getfield(L, 2, "programs") == LUA_TNIL)
		return lua_pop(L, 1), true;
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
		wanted = wanted || !strcmp(lua_tostring(L, -1), name);
		lua_pop(L, 1);
	}
	lua_pop(L, 2); // the end of the list, programs
	return wanted;
}

/* Makes it for a function of the program whose id targets[name] has. */
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

/* Descriptors of targets have to last until the object is loaded. */
struct prepared {
	lua_State *L;
	int fds[16];
	size_t count;
};

static int prepare(void *ctx, struct bpf_object *obj)
{
	struct prepared *prepared = ctx;
	struct bpf_program *prog;
	int fd;

	bpf_object__for_each_program(prog, obj)
	{
		if (!is_wanted(prepared->L, bpf_program__name(prog))) {
			bpf_program__set_autoload(prog, false);
			continue;
		}
		fd = set_target(prepared->L, prog);
		if (fd < 0)
			return fd;
		if (fd && prepared->count == sizeof(prepared->fds) / sizeof(prepared->fds[0]))
			return close(fd), -E2BIG;
		if (fd)
			prepared->fds[prepared->count++] = fd;
	}
	return 0;
}

static int load(lua_State *L, struct lun_object *o, const char *path)
{
	struct prepared prepared = { .L = L };
	int err;

	if (!lua_istable(L, 2))
		return lun_object_load(o, path, NULL, NULL);
	err = lun_object_load(o, path, prepare, &prepared);
	for (size_t i = 0; i < prepared.count; i++)
		close(prepared.fds[i]);
	return err;
}

static void check_target(lua_State *L)
{
	luaL_argcheck(L,
		lua_istable(L, -1) && lua_getfield(L, -1, "prog") == LUA_TNUMBER &&
			lua_getfield(L, -2, "func") == LUA_TSTRING,
		2, "a target is { prog = id, func = name }");
	lua_pop(L, 2);
}

/* Everything that may raise is looked at before anything is opened. */
static void check_options(lua_State *L)
{
	if (lua_isnoneornil(L, 2))
		return;
	luaL_checktype(L, 2, LUA_TTABLE);
	luaL_argcheck(L, lua_getfield(L, 2, "programs") == LUA_TNIL || lua_istable(L, -1), 2,
		"programs is a list of names");
	if (lua_getfield(L, 2, "targets") != LUA_TNIL) {
		luaL_argcheck(L, lua_istable(L, -1), 2, "targets is a table by program");
		for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
			check_target(L);
	}
	lua_pop(L, 2);
}

/* bpf.load(path [, { programs =, targets = }]) -> Object <close> | nil, err, errno */
static int l_load(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct lun_object *o;
	int err;

	check_options(L);
	lua_settop(L, 2);
	o = lua_newuserdatauv(L, sizeof(*o), 0);
	memset(o, 0, sizeof(*o));
	luaL_setmetatable(L, LUN_OBJECT_HANDLE);
	err = load(L, o, path);
	return err ? push_log(L, o, err, path) : 1;
}

static const luaL_Reg methods[] = {
	{ "attach", l_attach },
	{ "detach", l_detach },
	{ "maps", l_maps },
	{ "progs", l_progs },
	{ "map", l_map },
	{ "prog", l_prog },
	{ "close", l_close },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "load", l_load },
	{ NULL, NULL },
};

int lun_bind_load(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_OBJECT_HANDLE, methods, l_close);
	lua_pop(L, 1);
	luaL_setfuncs(L, functions, 0);
	return 0;
}
