/* BPF object files: loads and attaches them, and releases everything on close. */
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bind/bpf.h"
#include "bind/bpf_events.h"
#include "bind/bpf_global.h"
#include "bind/bpf_load_options.h"
#include "bind/bpf_maps.h"
#include "bind/bpf_place.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/object/load.h"
#include "bpf/object/object.h"

enum { MESSAGE_MAX = 4000, PATH_BYTES = 40 };

struct lun_object *lun_object_check(lua_State *L)
{
	struct lun_object *o = luaL_checkudata(L, 1, LUN_OBJECT_HANDLE);

	if (!o->obj)
		luaL_error(L, "object is closed");
	return o;
}

/* Pushes the end of libbpf's log: the verifier's reason is there. */
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

/* Attaches every program of a type that fits the place. Their number, or -errno. */
static int attach_all_there(struct lun_object *o, const struct lun_place *place)
{
	size_t before = o->link_count;
	struct bpf_program *prog;
	int n = 0, err;

	bpf_object__for_each_program(prog, o->obj)
	{
		if (!lun_place_takes(place->kind, prog))
			continue;
		err = lun_object_attach_at(o, prog, place);
		if (err) {
			lun_object_detach_from(o, before);
			return err;
		}
		n++;
	}
	return n;
}

static int push_none(lua_State *L, const struct lun_place *place)
{
	return lun_push_failure(L, -EINVAL, "no program of the object can be attached to %s",
		place->kind == LUN_AT_INTERFACE        ? "an interface"
			: place->kind == LUN_AT_CGROUP ? "a control group"
						       : "a perf event");
}

/* object:attach([name [, place]]) -> count | nil, err, errno */
static int l_attach(lua_State *L)
{
	struct lun_object *o = lun_object_check(L);
	struct bpf_program *prog = lua_isnoneornil(L, 2) ? NULL : check_prog(L, o, 2);
	bool there = !lua_isnoneornil(L, 3);
	struct lun_place place;
	int n;

	if (there)
		lun_check_place(L, &place);
	if (there && !prog && place.kind > LUN_AT_PERF_EVENT)
		luaL_argerror(L, 2, "a program is needed");
	if (prog)
		n = there ? lun_object_attach_at(o, prog, &place) : lun_object_attach_prog(o, prog);
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
	lun_object_detach(lun_object_check(L));
	return 0;
}

/* object:map(name) -> Map <close> | nil, err, errno */
static int l_map(lua_State *L)
{
	struct lun_object *o = lun_object_check(L);
	const char *name = luaL_checkstring(L, 2);
	int fd = bpf_object__find_map_fd_by_name(o->obj, name);

	if (fd < 0)
		return luaL_error(L, "the object has no map '%s'", name);
	return lun_push_map_fd(L, fd);
}

/* object:prog(name) -> Prog <close> | nil, err, errno */
static int l_prog(lua_State *L)
{
	struct lun_object *o = lun_object_check(L);

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
	struct lun_object *o = lun_object_check(L);
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
	struct lun_object *o = lun_object_check(L);
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

/* Makes a file in memory with the bytes and its path in this process. The descriptor, or -errno. */
static int open_bytes(const char *bytes, size_t len, char path[PATH_BYTES])
{
	int fd = memfd_create("lunette", MFD_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	for (size_t done = 0; done < len; done += (size_t)n) {
		n = write(fd, bytes + done, len - done);
		if (n < 0) {
			n = -errno;
			close(fd);
			return (int)n;
		}
	}
	snprintf(path, PATH_BYTES, "/proc/self/fd/%d", fd);
	return fd;
}

/* Loads the object once; with alternatives, only the programs of one of them. */
static int load_choice(struct lun_object *o, struct lun_load_options *options)
{
	int err =
		lun_object_load(o, options->path, options->name, lun_load_options_prepare, options);

	lun_load_options_release(options);
	return err;
}

/* Attaches too, because for some types only attaching shows whether the kernel supports them. */
static int try_choice(struct lun_object *o, struct lun_load_options *options)
{
	int err = load_choice(o, options);

	if (!err)
		err = lun_object_attach(o);
	return err < 0 ? err : 0;
}

static int push_load_error(
	lua_State *L, const struct lun_object *o, const struct lun_load_options *options, int err)
{
	if (options->refused)
		return lun_push_failure(
			L, err, "%s: %s", options->label, lua_tostring(L, options->refused));
	return push_log(L, o, err, options->label);
}

/* Appends to the text on top why an alternative failed. */
static void add_reason(lua_State *L, const struct lun_object *o, int err, lua_Integer choice)
{
	const char *line = o->log.len ? o->log.data : "";
	size_t len = o->log.len;
	char text[128];

	if (len > 8 && !strncmp(line, "libbpf: ", 8))
		line += 8, len -= 8;
	if (len && memchr(line, '\n', len))
		len = (size_t)((const char *)memchr(line, '\n', len) - line);
	if (len)
		lua_pushlstring(L, line, len);
	else
		lua_pushstring(L, strerror_r(-err, text, sizeof(text)));
	lun_load_options_push_choice(L, choice);
	lua_pushfstring(
		L, "%s\n%s: %s", lua_tostring(L, -3), lua_tostring(L, -1), lua_tostring(L, -2));
	lua_replace(L, -4);
	lua_pop(L, 2);
}

/* Loads and attaches the first alternative that the kernel supports. */
static int load_first(lua_State *L, struct lun_object *o, struct lun_load_options *options)
{
	int object = lua_gettop(L), err = 0;

	lua_pushfstring(L, "%s: the kernel can do none of the alternatives", options->label);
	for (lua_Integer i = 1; i <= options->choices; i++) {
		options->choice = i;
		err = try_choice(o, options);
		if (!err)
			return lua_settop(L, object), 1;
		if (options->refused)
			return push_load_error(L, o, options, err);
		add_reason(L, o, err, i);
		lun_object_close(o);
	}
	luaL_pushfail(L);
	lua_insert(L, -2);
	lua_pushinteger(L, -err);
	return 3;
}

static int load(lua_State *L, struct lun_object *o, struct lun_load_options *options)
{
	int err;

	if (options->choices)
		return load_first(L, o, options);
	err = load_choice(o, options);
	return err ? push_load_error(L, o, options, err) : 1;
}

/* bpf.load(path [, { programs =, targets =, set =, sizes =, alternatives =, data = }]) -> Object
 * <close> | nil, err, errno */
static int l_load(lua_State *L)
{
	struct lun_load_options options = { .path = luaL_checkstring(L, 1) };
	char path[PATH_BYTES];
	struct lun_object *o;
	int fd = -1, n;

	lua_settop(L, 2);
	lun_load_options_check(L, &options);
	o = lua_newuserdatauv(L, sizeof(*o), 0);
	memset(o, 0, sizeof(*o));
	luaL_setmetatable(L, LUN_OBJECT_HANDLE);
	if (options.bytes) {
		fd = open_bytes(options.bytes, options.len, path);
		if (fd < 0)
			return lun_push_error(L, fd, options.label);
		options.path = path;
	}
	n = load(L, o, &options);
	if (fd >= 0)
		close(fd);
	return n;
}

static const luaL_Reg methods[] = {
	{ "attach", l_attach },
	{ "detach", l_detach },
	{ "maps", l_maps },
	{ "progs", l_progs },
	{ "map", l_map },
	{ "prog", l_prog },
	{ "get", l_object_get },
	{ "events", l_object_events },
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
	lun_bind_events(L);
	luaL_setfuncs(L, functions, 0);
	return 0;
}
