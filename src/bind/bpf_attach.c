/* Programs attached without a link: to control groups, interfaces, socket maps; program arrays. */
#include <arpa/inet.h>
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "bpf/object/prog_slots.h"
#include "bpf/object/type_names.h"
#include "vm/push.h"
#include "bpf/attach/cgroups.h"
#include "bpf/host/cgroup_tree.h"
#include "bpf/attach/lirc_progs.h"
#include "bpf/attach/net_progs.h"
#include "bpf/attach/netns.h"
#include "bpf/attach/sock_progs.h"

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

static void push_cgroup_prog(lua_State *L, const struct lun_cgroup_prog *row, const char *text)
{
	lua_createtable(L, 0, 9);
	lun_set_int(L, "cgroup_id", row->cgroup_id);
	lun_set_str(L, "path", text + row->path);
	lun_set_int(L, "prog_id", row->prog_id);
	set_attach_type(L, row->attach_type);
	lun_set_int(L, "attach_flags", row->attach_flags);
	lun_set_bool(L, "inherited", row->inherited);
	if (!row->from_id || !row->inherited)
		return;
	lun_set_int(L, "from_id", row->from_id);
	lun_set_str(L, "from_path", text + row->from_path);
}

/* bpf.cgroup_progs([opts]) -> CgroupProg[] | nil, err, errno */
static int l_cgroup_progs(lua_State *L)
{
	bool effective = lun_opt_bool(L, 1, "effective", false);
	struct lun_out *rows = lun_push_buffer(L), *text = lun_push_buffer(L);
	struct lun_cgroup_progs progs;
	int err = lun_cgroup_progs(effective, &progs);
	const struct lun_cgroup_prog *row;

	*rows = progs.rows;
	*text = progs.text;
	if (err)
		return lun_push_error(L, err, "listing programs of control groups");
	row = (void *)rows->data;
	lua_newtable(L);
	for (size_t i = 0; i < rows->len / sizeof(*row); i++) {
		push_cgroup_prog(L, &row[i], text->data);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lun_out_free(rows);
	lun_out_free(text);
	return 1;
}

/* bpf.cgroup_path(id) -> string | nil, err, errno */
static int l_cgroup_path(lua_State *L)
{
	lua_Integer id = luaL_checkinteger(L, 1);
	char path[4096];
	int err = lun_cgroup_path((uint64_t)id, path, sizeof(path));

	if (err == -ESTALE)
		err = -ENOENT;
	if (err)
		return lun_push_failure(
			L, err, "control group %llu: %s", (unsigned long long)id, strerror(-err));
	lua_pushstring(L, path);
	return 1;
}

static const char *const net_kinds[] = {
	[LUN_NET_XDP] = "xdp",
	[LUN_NET_TC] = "tc",
	[LUN_NET_TCX] = "tcx",
	[LUN_NET_NETKIT] = "netkit",
	[LUN_NET_NS] = "netns",
	[LUN_NET_ACTION] = "tc_action",
	[LUN_NET_ROUTE] = "route",
};

static void set_filter(lua_State *L, const struct lun_net_prog *row)
{
	if (row->block)
		lun_set_int(L, "block", row->block);
	else
		lun_set_int(L, "parent", row->parent);
	lun_set_int(L, "handle", row->handle);
	lun_set_int(L, "chain", row->chain);
	lun_set_int(L, "priority", row->priority);
	lun_set_int(L, "protocol", row->protocol);
	lun_set_str(L, "name", row->name);
}

static void set_action(lua_State *L, const struct lun_net_prog *row)
{
	lun_set_int(L, "index", row->index);
	lun_set_str(L, "name", row->name);
	if (!row->classifier[0])
		return;
	lun_set_str(L, "classifier", row->classifier);
	set_filter(L, row);
}

static void set_address(lua_State *L, const char *key, uint8_t family, const uint8_t *address)
{
	static const uint8_t none[16];
	char text[INET6_ADDRSTRLEN];

	if (memcmp(address, none, sizeof(none)) && inet_ntop(family, address, text, sizeof(text)))
		lun_set_str(L, key, text);
}

static void set_route(lua_State *L, const struct lun_net_prog *row)
{
	static const char *const any[] = { "0.0.0.0", "::" };

	lun_set_str(L, "family", row->family == AF_INET ? "ipv4" : "ipv6");
	lun_set_str(L, "name", row->name);
	set_address(L, "gateway", row->family, row->gateway);
	if (row->nexthop)
		lun_set_int(L, "nexthop", row->nexthop);
	if (!row->table)
		return;
	lun_set_str(L, "dst", any[row->family == AF_INET6]);
	set_address(L, "dst", row->family, row->dst);
	lun_set_int(L, "dst_len", row->dst_len);
	lun_set_int(L, "table", row->table);
	lun_set_int(L, "metric", row->metric);
}

static void set_details(lua_State *L, const struct lun_net_prog *row)
{
	switch (row->kind) {
	case LUN_NET_XDP:
		break;
	case LUN_NET_TC:
		set_filter(L, row);
		lun_set_bool(L, "direct_action", row->direct_action);
		break;
	case LUN_NET_ACTION:
		set_action(L, row);
		break;
	case LUN_NET_ROUTE:
		set_route(L, row);
		break;
	default:
		set_attach_type(L, row->attach_type);
	}
}

static void push_net_prog(lua_State *L, const struct lun_net_prog *row)
{
	lua_createtable(L, 0, 16);
	lun_set_str(L, "kind", net_kinds[row->kind]);
	lun_set_int(L, "netns", row->netns_ino);
	lun_set_str(L, "netns_path", row->netns_path);
	if (row->prog_id)
		lun_set_int(L, "prog_id", row->prog_id);
	lun_set_str(L, "mode", row->mode);
	if (row->ifindex) {
		lun_set_int(L, "ifindex", row->ifindex);
		lun_set_str(L, "ifname", row->ifname);
	}
	if (row->peer)
		lun_set_int(L, "peer_ifindex", row->peer);
	set_details(L, row);
}

/* bpf.net_progs([opts]) -> NetProg[], missed | nil, err, errno */
static int l_net_progs(lua_State *L)
{
	bool routes = lun_opt_bool(L, 1, "routes", true);
	struct lun_out *out = lun_push_buffer(L);
	struct lun_net_missed missed = { 0 };
	int err = lun_net_progs(routes, out, &missed);
	const struct lun_net_prog *rows = (void *)out->data;

	if (err)
		return lun_push_error(L, err, "listing programs of interfaces");
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*rows); i++) {
		push_net_prog(L, &rows[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lun_out_free(out);
	if (!missed.err)
		return 1;
	lua_pushfstring(L, "%s: %s", missed.what, strerror(-missed.err));
	return 2;
}

static int sock_progs_of(lua_State *L, struct lun_out *out)
{
	lua_Integer n = luaL_len(L, 1);
	int err = 0;

	for (lua_Integer i = 1; i <= n && !err; i++) {
		lua_geti(L, 1, i);
		err = lun_sock_progs_of(lun_check_id(L, -1), out);
		lua_pop(L, 1);
	}
	return err ? err : out->err;
}

/* bpf.sock_progs([map_ids]) -> SockProg[] | nil, err, errno */
static int l_sock_progs(lua_State *L)
{
	bool all = lua_isnoneornil(L, 1);
	struct lun_out *out = lun_push_buffer(L);
	const struct lun_sock_prog *rows;
	int err;

	if (!all) {
		luaL_checktype(L, 1, LUA_TTABLE);
		err = sock_progs_of(L, out);
	} else {
		err = lun_sock_progs(out);
	}
	rows = (void *)out->data;

	if (err == -ENOTSUP)
		return lun_push_failure(
			L, err, "this kernel does not tell their programs (Linux 5.18)");
	if (err)
		return lun_push_error(L, err, "listing programs of socket maps");
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*rows); i++) {
		lua_createtable(L, 0, 4);
		lun_set_int(L, "map_id", rows[i].map_id);
		lun_set_int(L, "prog_id", rows[i].prog_id);
		set_attach_type(L, rows[i].attach_type);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lun_out_free(out);
	return 1;
}

/* bpf.lirc_progs() -> LircProg[] | nil, err, errno */
static int l_lirc_progs(lua_State *L)
{
	struct lun_out *out = lun_push_buffer(L);
	int err = lun_lirc_progs(out);
	const struct lun_lirc_prog *rows = (void *)out->data;

	if (err)
		return lun_push_error(L, err, "listing programs of infrared devices");
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*rows); i++) {
		lua_createtable(L, 0, 2);
		lun_set_int(L, "prog_id", rows[i].prog_id);
		lun_set_str(L, "device", rows[i].device);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lun_out_free(out);
	return 1;
}

/* bpf.netns() -> Netns[] | nil, err, errno */
static int l_netns(lua_State *L)
{
	struct lun_out *out = lun_push_buffer(L);
	int err = lun_netns_list(out);
	const struct lun_netns *list = (void *)out->data;

	if (err)
		return lun_push_error(L, err, "listing network namespaces");
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*list); i++) {
		lua_createtable(L, 0, 2);
		lun_set_int(L, "ino", list[i].ino);
		lun_set_str(L, "path", list[i].path);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lun_out_free(out);
	return 1;
}

/* Reads the options { map = id, method = "iterator" | "lookup" }, both optional. */
static bool opt_slots(lua_State *L, uint32_t *map_id)
{
	static const char *const methods[] = { "iterator", "lookup", NULL };
	bool lookup;

	*map_id = 0;
	if (lua_isnoneornil(L, 1))
		return false;
	luaL_checktype(L, 1, LUA_TTABLE);
	if (lua_getfield(L, 1, "map") != LUA_TNIL)
		*map_id = lun_check_id(L, -1);
	lua_getfield(L, 1, "method");
	lookup = luaL_checkoption(L, -1, "iterator", methods) == 1;
	lua_pop(L, 2);
	return lookup;
}

/* bpf.prog_slots([{ map =, method = }]) -> { map_id, index, prog_id }[] | nil, err, errno */
static int l_prog_slots(lua_State *L)
{
	uint32_t map_id;
	bool lookup = opt_slots(L, &map_id);
	struct lun_out *out = lun_push_buffer(L);
	const struct lun_slot_record *record;
	int err = lun_prog_slots(map_id, lookup, out);

	if (err)
		return lun_push_error(L, err, "reading program arrays");
	record = (const void *)out->data;
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*record); i++) {
		lua_createtable(L, 0, 3);
		lun_set_int(L, "map_id", record[i].map_id);
		lun_set_int(L, "index", record[i].index);
		lun_set_int(L, "prog_id", record[i].prog_id);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lun_out_free(out);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "cgroup_progs", l_cgroup_progs },
	{ "cgroup_path", l_cgroup_path },
	{ "net_progs", l_net_progs },
	{ "sock_progs", l_sock_progs },
	{ "lirc_progs", l_lirc_progs },
	{ "netns", l_netns },
	{ "prog_slots", l_prog_slots },
	{ NULL, NULL },
};

int lun_bind_attach(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
