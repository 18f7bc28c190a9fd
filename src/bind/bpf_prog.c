/* Programs: their info as plain tables, and a handle. */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bind/bpf.h"
#include "bind/bpf_run.h"
#include "vm/names.h"
#include "bind/bpf_type.h"
#include "vm/push.h"
#include "bpf/attach/interface.h"
#include "bpf/object/pins.h"
#include "bpf/object/prog.h"
#include "bpf/cost/prog_stream.h"

static int read_prog(uint32_t id, struct lun_prog_info *info)
{
	int fd = lun_object_open(LUN_PROG, id), err;

	if (fd < 0)
		return fd;
	err = lun_prog_info(fd, info);
	close(fd);
	return err;
}

static void set_tag(lua_State *L, const uint8_t *tag)
{
	char hex[2 * BPF_TAG_SIZE + 1];

	for (int i = 0; i < BPF_TAG_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", tag[i]);
	lun_set_str(L, "tag", hex);
}

static void set_map_ids(lua_State *L, const struct lun_prog_info *info)
{
	lua_createtable(L, (int)info->k.nr_map_ids, 0);
	for (uint32_t i = 0; i < info->k.nr_map_ids; i++) {
		lua_pushinteger(L, info->maps[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "map_ids");
}

static void push_prog(lua_State *L, const struct lun_prog_info *info)
{
	const struct bpf_prog_info *k = &info->k;

	lua_createtable(L, 0, 32);
	lun_set_int(L, "id", k->id);
	lun_set_type(L, LUN_PROG, k->type);
	lun_set_str(L, "name", info->name);
	lun_set_str(L, "kernel_name", k->name);
	set_tag(L, k->tag);
	lun_set_bool(L, "gpl", k->gpl_compatible);
	lun_set_int(L, "load_time", k->load_time);
	lun_set_int(L, "uid", k->created_by_uid);
	lun_set_int(L, "run_time_ns", k->run_time_ns);
	lun_set_int(L, "run_cnt", k->run_cnt);
	lun_set_int(L, "recursion_misses", k->recursion_misses);
	lun_set_int(L, "verified_insns", k->verified_insns);
	lun_set_int(L, "xlated_len", k->xlated_prog_len);
	lun_set_int(L, "jited_len", k->jited_prog_len);
	lun_set_int(L, "memlock", info->fd.memlock);
	lun_set_int(L, "btf_id", k->btf_id);
	lun_set_int(L, "func_count", k->nr_func_info ? k->nr_func_info : k->nr_jited_func_lens);
	lun_set_int(L, "line_count", k->nr_line_info);
	set_map_ids(L, info);
	lun_set_int(L, "ifindex", k->ifindex);
	lun_set_int(L, "netns_dev", k->netns_dev);
	lun_set_int(L, "netns_ino", k->netns_ino);
	lun_set_int(L, "attach_btf_obj_id", k->attach_btf_obj_id);
	lun_set_int(L, "attach_btf_id", k->attach_btf_id);
	lun_set_bool(L, "orphaned", info->fd.orphaned);
	lun_set_bool(L, "own", lun_name_own(info->name));
}

/* A userdata owns the info, because pushing the tables may raise. */
static int free_box(lua_State *L)
{
	lun_prog_info_free(lua_touserdata(L, 1));
	return 0;
}

static const luaL_Reg metamethods[] = {
	{ "__gc", free_box },
	{ NULL, NULL },
};

static struct lun_prog_info *new_box(lua_State *L)
{
	struct lun_prog_info *info = lua_newuserdatauv(L, sizeof(*info), 0);

	info->maps = info->map_ids;
	lun_push_metatable(L, "lunette.prog_info", metamethods, NULL);
	lua_setmetatable(L, -2);
	return info;
}

/* bpf.prog_info(id) -> ProgInfo | nil, err, errno */
static int l_prog_info(lua_State *L)
{
	uint32_t id = lun_check_id(L, 1);
	struct lun_prog_info *info = new_box(L);
	int err = read_prog(id, info);

	if (err)
		return lun_push_failure(L, err, "program %u: %s", id, strerror(-err));
	push_prog(L, info);
	lun_prog_info_free(info);
	return 1;
}

/* bpf.progs([opts]) -> ProgInfo[] | nil, err, errno */
static int l_progs(lua_State *L)
{
	bool own = lun_opt_bool(L, 1, "own", true);
	struct lun_prog_info *info = new_box(L);
	lua_Integer n = 0;
	uint32_t id = 0;
	int err;

	lua_newtable(L);
	while (!(err = lun_object_next(LUN_PROG, &id))) {
		err = read_prog(id, info);
		if (err == -ENOENT)
			continue;
		if (err)
			return lun_push_error(L, err, "listing programs");
		if (own || !lun_name_own(info->name)) {
			push_prog(L, info);
			lua_rawseti(L, -2, ++n);
		}
		lun_prog_info_free(info);
	}
	return err == -ENOENT ? 1 : lun_push_error(L, err, "listing programs");
}

struct handle {
	int fd;
};

static struct handle *check_handle(lua_State *L)
{
	struct handle *prog = luaL_checkudata(L, 1, LUN_PROG_HANDLE);

	if (prog->fd < 0)
		luaL_error(L, "program is closed");
	return prog;
}

/* prog:close() */
static int l_close(lua_State *L)
{
	struct handle *prog = luaL_checkudata(L, 1, LUN_PROG_HANDLE);

	if (prog->fd >= 0)
		close(prog->fd);
	prog->fd = -1;
	return 0;
}

/* prog:info() -> ProgInfo | nil, err, errno */
static int l_info(lua_State *L)
{
	struct handle *prog = check_handle(L);
	struct lun_prog_info *info = new_box(L);
	int err = lun_prog_info(prog->fd, info);

	if (err)
		return lun_push_error(L, err, "program");
	push_prog(L, info);
	lun_prog_info_free(info);
	return 1;
}

/* prog:fd() -> integer */
static int l_fd(lua_State *L)
{
	lua_pushinteger(L, check_handle(L)->fd);
	return 1;
}

/* prog:pin(path) -> true | nil, err, errno */
static int l_pin(lua_State *L)
{
	struct handle *prog = check_handle(L);
	const char *path = luaL_checkstring(L, 2);
	int err = lun_pin(prog->fd, path);

	if (err)
		return lun_push_error(L, err, path);
	lua_pushboolean(L, true);
	return 1;
}

/* prog:stream("stdout" | "stderr") -> string | nil, err, errno */
static int l_stream(lua_State *L)
{
	static const char *const streams[] = { "stdout", "stderr", NULL };
	struct handle *prog = check_handle(L);
	int stream = luaL_checkoption(L, 2, "stdout", streams);
	struct lun_out *out = lun_push_buffer(L);
	int err =
		lun_prog_stream_read(prog->fd, stream ? LUN_STREAM_STDERR : LUN_STREAM_STDOUT, out);

	if (err == -EOPNOTSUPP)
		return lun_push_failure(L, err, "this kernel has no streams of programs");
	if (err)
		return lun_push_error(L, err, "reading a program's stream");
	lua_pushlstring(L, out->len ? out->data : "", out->len);
	lun_out_free(out);
	return 1;
}

/* prog:run([{ input =, context =, times = }]) -> outcome | nil, err, errno */
static int l_run(lua_State *L)
{
	return lun_push_prog_run(L, check_handle(L)->fd);
}

static const luaL_Reg methods[] = {
	{ "info", l_info },
	{ "fd", l_fd },
	{ "pin", l_pin },
	{ "run", l_run },
	{ "stream", l_stream },
	{ "close", l_close },
	{ NULL, NULL },
};

static struct handle *new_handle(lua_State *L)
{
	struct handle *prog = lua_newuserdatauv(L, sizeof(*prog), 0);

	prog->fd = -1;
	luaL_setmetatable(L, LUN_PROG_HANDLE);
	return prog;
}

int lun_push_prog_fd(lua_State *L, int fd)
{
	struct handle *prog = new_handle(L);

	prog->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return prog->fd < 0 ? lun_push_error(L, -errno, "program") : 1;
}

static int open_by_id(lua_State *L, struct handle *prog, uint32_t id)
{
	prog->fd = lun_object_open(LUN_PROG, id);
	if (prog->fd < 0)
		return lun_push_failure(L, prog->fd, "program %u: %s", id, strerror(-prog->fd));
	return 1;
}

static int open_by_pin(lua_State *L, struct handle *prog, const char *path)
{
	enum lun_kind kind;
	int fd = lun_object_open_pin(path, &kind);

	if (fd < 0)
		return lun_push_error(L, fd, path);
	prog->fd = fd;
	if (kind != LUN_PROG)
		return lun_push_failure(L, -EINVAL, "%s: is a %s", path, lun_kind_name(kind));
	return 1;
}

/* Pushes the error for a name that several programs have, with the first of their ids. */
static int push_ambiguous(lua_State *L, const char *name, const uint32_t *ids, int n, int room)
{
	luaL_Buffer b;

	luaL_pushfail(L);
	luaL_buffinit(L, &b);
	lua_pushfstring(L, "%d programs are named '%s': ids ", n, name);
	luaL_addvalue(&b);
	for (int i = 0; i < n && i < room; i++) {
		lua_pushfstring(L, i ? ", %d" : "%d", (int)ids[i]);
		luaL_addvalue(&b);
	}
	if (n > room)
		luaL_addstring(&b, ", …");
	luaL_pushresult(&b);
	lua_pushinteger(L, ENOTUNIQ);
	return 3;
}

static int open_by_name(lua_State *L, struct handle *prog, const char *name)
{
	uint32_t ids[32];
	int n = lun_prog_find(name, ids, 32);

	if (n < 0)
		return lun_push_error(L, n, name);
	if (n == 0)
		return lun_push_failure(L, -ENOENT, "no program is named '%s'", name);
	return n == 1 ? open_by_id(L, prog, ids[0]) : push_ambiguous(L, name, ids, n, 32);
}

/* bpf.prog(id | name | "/pin/path") -> Prog <close> | nil, err, errno */
static int l_prog(lua_State *L)
{
	const char *name;

	if (lua_type(L, 1) == LUA_TNUMBER) {
		uint32_t id = lun_check_id(L, 1);

		return open_by_id(L, new_handle(L), id);
	}
	name = luaL_checkstring(L, 1);
	if (name[0] == '/')
		return open_by_pin(L, new_handle(L), name);
	return open_by_name(L, new_handle(L), name);
}

/* bpf.interface(ifindex, netns_ino) -> { name?, netns_path? } | nil, err, errno */
static int l_interface(lua_State *L)
{
	uint32_t ifindex = lun_check_id(L, 1);
	uint64_t netns = (uint64_t)luaL_checkinteger(L, 2);
	struct lun_interface found;
	int err = lun_interface_find(ifindex, netns, &found);

	if (err)
		return lun_push_error(L, err, "looking for an interface");
	lua_createtable(L, 0, 2);
	if (found.name[0])
		lun_set_str(L, "name", found.name);
	if (found.netns.path[0])
		lun_set_str(L, "netns_path", found.netns.path);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "progs", l_progs },
	{ "interface", l_interface },
	{ "prog_info", l_prog_info },
	{ "prog", l_prog },
	{ NULL, NULL },
};

int lun_bind_progs(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_PROG_HANDLE, methods, l_close);
	lua_pop(L, 1);
	luaL_setfuncs(L, functions, 0);
	return 0;
}
