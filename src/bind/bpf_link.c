/* Links: lists of them, and a handle that can detach. */
#include <bpf/bpf.h>
#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/bpf.h"
#include "bind/bpf_link_info.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/object/link.h"
#include "bpf/object/pins.h"
#include "bpf/object/prog.h"

static bool prog_own(uint32_t id)
{
	struct bpf_prog_info k;
	int fd = id ? lun_object_open(LUN_PROG, id) : -1;

	memset(&k, 0, sizeof(k));
	if (fd < 0)
		return false;
	lun_object_info(fd, &k, sizeof(k));
	close(fd);
	return lun_name_own(k.name);
}

static int free_box(lua_State *L)
{
	lun_link_info_free(lua_touserdata(L, 1));
	return 0;
}

static const luaL_Reg metamethods[] = {
	{ "__gc", free_box },
	{ NULL, NULL },
};

static struct lun_link_info *new_box(lua_State *L)
{
	struct lun_link_info *info = lua_newuserdatauv(L, sizeof(*info), 0);

	info->addrs = NULL;
	info->cookies = NULL;
	info->semaphores = NULL;
	lun_push_metatable(L, "lunette.link_info", metamethods, NULL);
	lua_setmetatable(L, -2);
	return info;
}

static int read_link(uint32_t id, bool addrs, struct lun_link_info *info)
{
	int fd = lun_object_open(LUN_LINK, id), err;

	if (fd < 0)
		return fd;
	err = lun_link_info(fd, addrs, info);
	close(fd);
	return err;
}

/* bpf.link_info(id) -> LinkInfo | nil, err, errno; with the lists of a multi link */
static int l_link_info(lua_State *L)
{
	uint32_t id = lun_check_id(L, 1);
	struct lun_link_info *info = new_box(L);
	int err = read_link(id, true, info);

	if (err)
		return lun_push_failure(L, err, "link %u: %s", id, strerror(-err));
	lun_push_link(L, info, prog_own(info->k.prog_id));
	lun_link_info_free(info);
	return 1;
}

/* A link that is being created has no id yet: it counts as missing, like a removed one. */
static bool not_there(int err)
{
	return err == -ENOENT || err == -EAGAIN;
}

/* bpf.links([opts]) -> LinkInfo[] | nil, err, errno */
static int l_links(lua_State *L)
{
	bool own = lun_opt_bool(L, 1, "own", true), ours;
	struct lun_link_info *info = new_box(L);
	lua_Integer n = 0;
	uint32_t id = 0;
	int err;

	lua_newtable(L);
	while (!(err = lun_object_next(LUN_LINK, &id))) {
		err = read_link(id, false, info);
		if (not_there(err))
			continue;
		if (err)
			return lun_push_error(L, err, "listing links");
		ours = prog_own(info->k.prog_id);
		if (ours && !own)
			continue;
		lun_push_link(L, info, ours);
		lua_rawseti(L, -2, ++n);
	}
	return err == -ENOENT ? 1 : lun_push_error(L, err, "listing links");
}

struct handle {
	int fd;
};

static struct handle *check_handle(lua_State *L)
{
	struct handle *link = luaL_checkudata(L, 1, LUN_LINK_HANDLE);

	if (link->fd < 0)
		luaL_error(L, "link is closed");
	return link;
}

/* link:close() */
static int l_close(lua_State *L)
{
	struct handle *link = luaL_checkudata(L, 1, LUN_LINK_HANDLE);

	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	return 0;
}

static int push_result(lua_State *L, int err, const char *what)
{
	if (err)
		return lun_push_error(L, err, what);
	lua_pushboolean(L, true);
	return 1;
}

/* link:info() -> LinkInfo | nil, err, errno */
static int l_info(lua_State *L)
{
	struct handle *link = check_handle(L);
	struct lun_link_info *info = new_box(L);
	int err = lun_link_info(link->fd, true, info);

	if (err)
		return lun_push_error(L, err, "link");
	lun_push_link(L, info, prog_own(info->k.prog_id));
	lun_link_info_free(info);
	return 1;
}

/* link:fd() -> integer */
static int l_fd(lua_State *L)
{
	lua_pushinteger(L, check_handle(L)->fd);
	return 1;
}

/* link:pin(path) -> true | nil, err, errno */
static int l_pin(lua_State *L)
{
	struct handle *link = check_handle(L);
	const char *path = luaL_checkstring(L, 2);

	return push_result(L, lun_pin(link->fd, path), path);
}

/* link:detach() -> true | nil, err, errno */
static int l_detach(lua_State *L)
{
	struct handle *link = check_handle(L);

	return push_result(L, bpf_link_detach(link->fd) ? -errno : 0, "detaching the link");
}

static const luaL_Reg methods[] = {
	{ "info", l_info },
	{ "fd", l_fd },
	{ "pin", l_pin },
	{ "detach", l_detach },
	{ "close", l_close },
	{ NULL, NULL },
};

static int open_by_pin(lua_State *L, struct handle *link, const char *path)
{
	enum lun_kind kind;

	link->fd = lun_object_open_pin(path, &kind);
	if (link->fd < 0)
		return lun_push_error(L, link->fd, path);
	if (kind != LUN_LINK)
		return lun_push_failure(L, -EINVAL, "%s: is a %s", path, lun_kind_name(kind));
	return 1;
}

static int open_by_id(lua_State *L, struct handle *link, uint32_t id)
{
	link->fd = lun_object_open(LUN_LINK, id);
	if (link->fd < 0)
		return lun_push_failure(L, link->fd, "link %u: %s", id, strerror(-link->fd));
	return 1;
}

/* bpf.link(id | "/pin/path") -> Link <close> | nil, err, errno */
static int l_link(lua_State *L)
{
	bool by_id = lua_type(L, 1) == LUA_TNUMBER;
	uint32_t id = by_id ? lun_check_id(L, 1) : 0;
	const char *path = luaL_checkstring(L, 1);
	struct handle *link;

	luaL_argcheck(L, by_id || path[0] == '/', 1, "a link is named by its id or its pin");
	link = lua_newuserdatauv(L, sizeof(*link), 0);
	link->fd = -1;
	luaL_setmetatable(L, LUN_LINK_HANDLE);
	return by_id ? open_by_id(L, link, id) : open_by_pin(L, link, path);
}

static const luaL_Reg functions[] = {
	{ "links", l_links },
	{ "link_info", l_link_info },
	{ "link", l_link },
	{ NULL, NULL },
};

int lun_bind_links(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_LINK_HANDLE, methods, l_close);
	lua_pop(L, 1);
	luaL_setfuncs(L, functions, 0);
	return 0;
}
