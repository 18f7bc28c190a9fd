/* Links: plain tables with the fields that each type has, and a handle that can detach. */
#include <bpf/bpf.h>
#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "bind/bpf.h"
#include "bind/names.h"
#include "bind/push.h"
#include "bpf/link.h"
#include "bpf/pins.h"
#include "bpf/prog.h"

static void set_attach_type(lua_State *L, uint32_t type)
{
	const char *name = lun_attach_type_name(type);

	if (name)
		lua_pushstring(L, name);
	else
		lua_pushfstring(L, "type_%I", (LUAI_UACINT)type);
	lua_setfield(L, -2, "attach_type");
	lun_set_int(L, "attach_type_id", type);
}

static void set_raw_tracepoint(lua_State *L, const struct lun_link_info *info)
{
	lun_set_str(L, "tp_name", info->text);
	lun_set_int(L, "cookie", info->k.raw_tracepoint.cookie);
}

static void set_tracing(lua_State *L, const struct lun_link_info *info)
{
	set_attach_type(L, info->k.tracing.attach_type);
	lun_set_int(L, "target_obj_id", info->k.tracing.target_obj_id);
	lun_set_int(L, "target_btf_id", info->k.tracing.target_btf_id);
	lun_set_int(L, "cookie", info->k.tracing.cookie);
}

static void set_cgroup(lua_State *L, const struct lun_link_info *info)
{
	lun_set_int(L, "cgroup_id", info->k.cgroup.cgroup_id);
	set_attach_type(L, info->k.cgroup.attach_type);
}

static void set_iter(lua_State *L, const struct lun_link_info *info)
{
	lun_set_str(L, "target_name", info->text);
	if (!strncmp(info->text, "bpf_map_elem", 12) || strstr(info->text, "storage_map")) {
		lun_set_int(L, "map_id", info->k.iter.map_id);
	} else if (!strcmp(info->text, "cgroup")) {
		lun_set_int(L, "cgroup_id", info->k.iter.cgroup.id);
		lun_set_int(L, "order", info->k.iter.cgroup.order);
	} else if (!strncmp(info->text, "task", 4)) {
		lun_set_int(L, "tid", info->k.iter.task.tid);
		lun_set_int(L, "pid", info->k.iter.task.pid);
	}
}

static void set_netns(lua_State *L, const struct lun_link_info *info)
{
	lun_set_int(L, "netns_ino", info->k.netns.netns_ino);
	set_attach_type(L, info->k.netns.attach_type);
}

static void set_xdp(lua_State *L, const struct lun_link_info *info)
{
	lun_set_int(L, "ifindex", info->k.net.ifindex);
}

static void set_net(lua_State *L, const struct lun_link_info *info)
{
	lun_set_int(L, "ifindex", info->k.net.ifindex);
	set_attach_type(L, info->k.net.attach_type);
}

static void set_struct_ops(lua_State *L, const struct lun_link_info *info)
{
	lun_set_int(L, "map_id", info->k.map.map_id);
}

static void set_sockmap(lua_State *L, const struct lun_link_info *info)
{
	lun_set_int(L, "map_id", info->k.map.map_id);
	set_attach_type(L, info->k.map.attach_type);
}

static void set_netfilter(lua_State *L, const struct lun_link_info *info)
{
	lun_set_int(L, "pf", info->k.netfilter.pf);
	lun_set_int(L, "hooknum", info->k.netfilter.hooknum);
	lun_set_int(L, "priority", (uint64_t)(int64_t)info->k.netfilter.priority);
	lun_set_int(L, "flags", info->k.netfilter.flags);
}

static void set_list(lua_State *L, const char *key, const uint64_t *list, uint32_t n)
{
	if (!list)
		return;
	lua_createtable(L, (int)n, 0);
	for (uint32_t i = 0; i < n; i++) {
		lua_pushinteger(L, (lua_Integer)list[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, key);
}

static void set_kprobe_multi(lua_State *L, const struct lun_link_info *info)
{
	enum { RETURN = 1 };

	lun_set_int(L, "count", info->k.kprobe_multi.count);
	lun_set_int(L, "flags", info->k.kprobe_multi.flags);
	lun_set_bool(L, "retprobe", info->k.kprobe_multi.flags & RETURN);
	lun_set_int(L, "missed", info->k.kprobe_multi.missed);
	set_list(L, "addrs", info->addrs, info->addr_count);
	set_list(L, "cookies", info->cookies, info->addr_count);
}

static void set_uprobe_multi(lua_State *L, const struct lun_link_info *info)
{
	enum { RETURN = 1 };

	lun_set_str(L, "file_name", info->text);
	lun_set_int(L, "count", info->k.uprobe_multi.count);
	lun_set_int(L, "flags", info->k.uprobe_multi.flags);
	lun_set_bool(L, "retprobe", info->k.uprobe_multi.flags & RETURN);
	lun_set_int(L, "pid", info->k.uprobe_multi.pid);
	set_list(L, "offsets", info->addrs, info->addr_count);
	set_list(L, "cookies", info->cookies, info->addr_count);
}

static void set_uprobe(lua_State *L, const struct lun_link_info *info)
{
	lun_set_str(L, "file_name", info->text);
	lun_set_int(L, "offset", info->k.perf_event.uprobe.offset);
	lun_set_int(L, "cookie", info->k.perf_event.uprobe.cookie);
}

static void set_kprobe(lua_State *L, const struct lun_link_info *info)
{
	lun_set_str(L, "func_name", info->text);
	lun_set_int(L, "offset", info->k.perf_event.kprobe.offset);
	lun_set_int(L, "addr", info->k.perf_event.kprobe.addr);
	lun_set_int(L, "missed", info->k.perf_event.kprobe.missed);
	lun_set_int(L, "cookie", info->k.perf_event.kprobe.cookie);
}

static void set_event(lua_State *L, const struct lun_link_info *info)
{
	lun_set_int(L, "event_type", info->k.perf_event.event.type);
	lun_set_int(L, "event_config", info->k.perf_event.event.config);
	lun_set_int(L, "cookie", info->k.perf_event.event.cookie);
}

static void set_perf_event(lua_State *L, const struct lun_link_info *info)
{
	uint32_t type = info->k.perf_event.type;

	lun_set_str(L, "perf_type", lun_perf_type_name(type));
	if (type == LUN_PERF_UPROBE || type == LUN_PERF_URETPROBE) {
		set_uprobe(L, info);
	} else if (type == LUN_PERF_KPROBE || type == LUN_PERF_KRETPROBE) {
		set_kprobe(L, info);
	} else if (type == LUN_PERF_TRACEPOINT) {
		lun_set_str(L, "tp_name", info->text);
		lun_set_int(L, "cookie", info->k.perf_event.tracepoint.cookie);
	} else if (type == LUN_PERF_EVENT) {
		set_event(L, info);
	}
}

typedef void (*set_fn)(lua_State *L, const struct lun_link_info *info);

static const set_fn setters[] = {
	[LUN_LINK_RAW_TRACEPOINT] = set_raw_tracepoint,
	[LUN_LINK_TRACING] = set_tracing,
	[LUN_LINK_CGROUP] = set_cgroup,
	[LUN_LINK_ITER] = set_iter,
	[LUN_LINK_NETNS] = set_netns,
	[LUN_LINK_XDP] = set_xdp,
	[LUN_LINK_PERF_EVENT] = set_perf_event,
	[LUN_LINK_KPROBE_MULTI] = set_kprobe_multi,
	[LUN_LINK_STRUCT_OPS] = set_struct_ops,
	[LUN_LINK_NETFILTER] = set_netfilter,
	[LUN_LINK_TCX] = set_net,
	[LUN_LINK_UPROBE_MULTI] = set_uprobe_multi,
	[LUN_LINK_NETKIT] = set_net,
	[LUN_LINK_SOCKMAP] = set_sockmap,
};

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

static void push_link(lua_State *L, const struct lun_link_info *info, bool own)
{
	uint32_t type = info->k.type;

	lua_createtable(L, 0, 12);
	lun_set_int(L, "id", info->k.id);
	lun_set_type(L, LUN_LINK, type);
	lun_set_int(L, "prog_id", info->k.prog_id);
	lun_set_bool(L, "own", own);
	if (type < sizeof(setters) / sizeof(setters[0]) && setters[type])
		setters[type](L, info);
}

static int free_box(lua_State *L)
{
	lun_link_info_free(lua_touserdata(L, 1));
	return 0;
}

static struct lun_link_info *new_box(lua_State *L)
{
	struct lun_link_info *info = lua_newuserdatauv(L, sizeof(*info), 0);

	info->addrs = NULL;
	info->cookies = NULL;
	if (luaL_newmetatable(L, "lunette.link_info")) {
		lua_pushcfunction(L, free_box);
		lua_setfield(L, -2, "__gc");
	}
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
	push_link(L, info, prog_own(info->k.prog_id));
	lun_link_info_free(info);
	return 1;
}

/* A link that is just being made has no id yet: it is not there, as one that is gone. */
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
		push_link(L, info, ours);
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
	push_link(L, info, prog_own(info->k.prog_id));
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
