/* A link as a plain table, with the fields that its type has. */
#include "bind/bpf_link_info.h"

#include <string.h>

#include "bind/bpf_type.h"
#include "vm/push.h"

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
	if (info->k.tracing.attach_type) /* freplace has none */
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
	set_list(L, "ref_ctr_offsets", info->semaphores, info->addr_count);
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

	if (!type) /* before Linux 6.6 the kernel does not report it */
		return;
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

void lun_push_link(lua_State *L, const struct lun_link_info *info, bool own)
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
