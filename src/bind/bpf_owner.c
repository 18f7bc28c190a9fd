/* Owners: which process holds which object; perf events by BPF_TASK_FD_QUERY. */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "bind/push.h"
#include "bpf/owners.h"

static const char *const kinds[] = { "prog", "map", "link", "btf", "perf_event", "socket",
	"reuseport" };

static bool opt_proc(lua_State *L, int idx)
{
	static const char *const methods[] = { "iterator", "proc", NULL };
	bool proc = false;

	if (lua_isnoneornil(L, idx))
		return false;
	luaL_checktype(L, idx, LUA_TTABLE);
	lua_getfield(L, idx, "method");
	if (!lua_isnil(L, -1))
		proc = luaL_checkoption(L, -1, NULL, methods) == 1;
	lua_pop(L, 1);
	return proc;
}

static void push_owner(lua_State *L, const struct lun_owner_record *record)
{
	lua_createtable(L, 0, 5);
	lun_set_str(L, "kind", kinds[record->kind]);
	lun_set_int(L, "id", record->id);
	lun_set_int(L, "pid", record->pid);
	lun_set_int(L, "fd", record->fd);
	lua_pushlstring(L, record->comm, strnlen(record->comm, sizeof(record->comm)));
	lua_setfield(L, -2, "comm");
}

/* bpf.owners([opts]) -> Owner[], method | nil, err, errno */
static int l_owners(lua_State *L)
{
	bool proc = opt_proc(L, 1);
	struct lun_out *out = lun_push_buffer(L);
	enum lun_owners_by by;
	int err = lun_owners(out, proc, &by);
	const struct lun_owner_record *records = (void *)out->data;
	size_t n = out->len / sizeof(*records);

	if (err)
		return lun_push_error(L, err, "listing owners");
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		push_owner(L, &records[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lun_out_free(out);
	lua_pushstring(L, by == LUN_BY_PROC ? "proc" : "iterator");
	return 2;
}

static void push_task_fd(
	lua_State *L, const struct lun_owner_record *record, const struct lun_task_fd *info)
{
	lua_createtable(L, 0, 8);
	lun_set_int(L, "pid", record->pid);
	lun_set_int(L, "fd", record->fd);
	lua_pushlstring(L, record->comm, strnlen(record->comm, sizeof(record->comm)));
	lua_setfield(L, -2, "comm");
	lun_set_int(L, "prog_id", info->prog_id);
	lun_set_str(L, "type", lun_task_fd_type_name(info->type));
	lun_set_str(L, "name", info->name[0] ? info->name : NULL);
	lun_set_int(L, "probe_offset", info->probe_offset);
	lun_set_int(L, "probe_addr", info->probe_addr);
}

/* bpf.task_fd_query() -> TaskFd[] | nil, err, errno */
static int l_task_fd_query(lua_State *L)
{
	struct lun_out *out = lun_push_buffer(L);
	struct lun_task_fd info;
	enum lun_owners_by by;
	lua_Integer n = 0;
	int err = lun_owners(out, false, &by);
	const struct lun_owner_record *records = (void *)out->data;

	if (err)
		return lun_push_error(L, err, "listing perf events");
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*records); i++) {
		if (records[i].kind != LUN_OWNER_PERF && records[i].kind != LUN_OWNER_LINK)
			continue;
		if (lun_task_fd(records[i].pid, records[i].fd, &info))
			continue;
		push_task_fd(L, &records[i], &info);
		lua_rawseti(L, -2, ++n);
	}
	lun_out_free(out);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "owners", l_owners },
	{ "task_fd_query", l_task_fd_query },
	{ NULL, NULL },
};

int lun_bind_owners(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
