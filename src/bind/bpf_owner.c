/* Owners: the processes that hold objects; perf events by BPF_TASK_FD_QUERY. */
#include <arpa/inet.h>
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bind/bpf.h"
#include "bpf/object/type_names.h"
#include "vm/push.h"
#include "bpf/attach/owners.h"

static const char *const kinds[] = { "prog", "map", "link", "btf", "perf_event", "socket",
	"reuseport" };

/* The wanted owners, and the method. */
struct asked {
	bool proc;
	int kind; /* -1: all */
	uint32_t id;
	uint32_t pid; /* 0: all */
};

static bool opt_proc(lua_State *L, int idx)
{
	static const char *const methods[] = { "iterator", "proc", NULL };
	bool proc = false;

	lua_getfield(L, idx, "method");
	if (!lua_isnil(L, -1))
		proc = luaL_checkoption(L, -1, NULL, methods) == 1;
	lua_pop(L, 1);
	return proc;
}

static struct asked opt_asked(lua_State *L, int idx)
{
	struct asked asked = { .kind = -1 };

	if (lua_isnoneornil(L, idx))
		return asked;
	luaL_checktype(L, idx, LUA_TTABLE);
	asked.proc = opt_proc(L, idx);
	if (lua_getfield(L, idx, "kind") != LUA_TNIL) {
		asked.kind = lun_kind_parse(luaL_checkstring(L, -1));
		if (asked.kind < 0)
			luaL_argerror(L, idx, "a kind is \"prog\", \"map\", \"link\" or \"btf\"");
		lua_getfield(L, idx, "id");
		asked.id = lun_check_id(L, -1);
		lua_pop(L, 1);
	}
	if (lua_getfield(L, idx, "pid") != LUA_TNIL)
		asked.pid = lun_check_id(L, -1);
	lua_pop(L, 2);
	return asked;
}

/* True for a wanted record. A holder of a perf event or socket holds the program that it runs. */
static bool is_asked(const struct asked *asked, const struct lun_owner_record *record)
{
	int kind = record->kind >= LUN_OWNER_PERF ? LUN_PROG : (int)record->kind;

	if (asked->pid && asked->pid != record->pid)
		return false;
	return asked->kind < 0 || (asked->kind == kind && asked->id == record->id);
}

static void set_event(lua_State *L, const struct lun_owner_event *event)
{
	lun_set_int(L, "event_type", event->type);
	lun_set_int(L, "event_config", event->config);
	lun_set_int(L, event->by_frequency ? "frequency" : "period", event->every);
	if (event->cpu >= 0)
		lun_set_int(L, "cpu", (uint64_t)event->cpu);
}

/* "10.0.0.1:80", "[::1]:80" */
static void add_end(luaL_Buffer *b, int family, const uint8_t *address, unsigned int port)
{
	char text[INET6_ADDRSTRLEN], end[INET6_ADDRSTRLEN + 16];

	if (!inet_ntop(family, address, text, sizeof(text)))
		return;
	snprintf(end, sizeof(end), family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
	luaL_addstring(b, end);
}

static void push_protocol(lua_State *L, const struct lun_owner_socket *socket)
{
	static const char *const families[] = { [AF_UNIX] = "unix",
		[AF_INET] = "ipv4",
		[AF_INET6] = "ipv6",
		[AF_NETLINK] = "netlink",
		[AF_PACKET] = "packet" };
	bool known =
		socket->family < sizeof(families) / sizeof(families[0]) && families[socket->family];
	bool inet = socket->family == AF_INET || socket->family == AF_INET6;

	if (inet && socket->protocol == IPPROTO_TCP)
		lua_pushliteral(L, "tcp");
	else if (inet && socket->protocol == IPPROTO_UDP)
		lua_pushliteral(L, "udp");
	else if (known)
		lua_pushfstring(L, "%s socket", families[socket->family]);
	else
		lua_pushfstring(L, "socket of family %d", socket->family);
}

/* Describes a socket: "tcp 10.0.0.1:80 to 10.0.0.2:4711", "packet socket". */
static void set_socket(lua_State *L, const struct lun_owner_socket *socket)
{
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	push_protocol(L, socket);
	luaL_addvalue(&b);
	if (socket->port) {
		luaL_addchar(&b, ' ');
		add_end(&b, socket->family, socket->address, socket->port);
	}
	if (socket->peer_port) {
		luaL_addstring(&b, " to ");
		add_end(&b, socket->family, socket->peer, socket->peer_port);
	}
	luaL_pushresult(&b);
	lua_setfield(L, -2, "socket");
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
	if (record->told && record->kind == LUN_OWNER_PERF)
		set_event(L, &record->event);
	else if (record->told)
		set_socket(L, &record->socket);
}

static void push_owners(lua_State *L, const struct lun_out *out, const struct asked *asked)
{
	const struct lun_owner_record *records = (const void *)out->data;
	size_t len = out->len / sizeof(*records);
	lua_Integer n = 0;

	lua_createtable(L, asked->kind < 0 && !asked->pid ? (int)len : 0, 0);
	for (size_t i = 0; i < len; i++) {
		if (!is_asked(asked, &records[i]))
			continue;
		push_owner(L, &records[i]);
		lua_rawseti(L, -2, ++n);
	}
}

/* bpf.owners([opts]) -> Owner[], method | nil, err, errno */
static int l_owners(lua_State *L)
{
	struct asked asked = opt_asked(L, 1);
	struct lun_out *out = lun_push_buffer(L);
	enum lun_owners_by by;
	int err = lun_owners(out, asked.proc, &by);

	if (err)
		return lun_push_error(L, err, "listing owners");
	push_owners(L, out, &asked);
	lun_out_free(out);
	lua_pushstring(L, by == LUN_BY_PROC ? "proc" : "iterator");
	return 2;
}

/* Adds the row of a descriptor to the list on top when it holds a program. */
static void add_task_fd(lua_State *L, uint32_t pid, uint32_t fd, const char *comm)
{
	struct lun_task_fd info;

	if (lun_task_fd(pid, fd, &info))
		return;
	lua_createtable(L, 0, 8);
	lun_set_int(L, "pid", pid);
	lun_set_int(L, "fd", fd);
	lun_set_str(L, "comm", comm);
	lun_set_int(L, "prog_id", info.prog_id);
	lun_set_str(L, "type", lun_task_fd_type_name(info.type));
	lun_set_str(L, "name", info.name[0] ? info.name : NULL);
	lun_set_int(L, "probe_offset", info.probe_offset);
	lun_set_int(L, "probe_addr", info.probe_addr);
	lua_rawseti(L, -2, luaL_len(L, -2) + 1);
}

/* Queries the descriptors of the owners in the list at index 1. */
static int task_fds_of(lua_State *L)
{
	lua_Integer n = luaL_len(L, 1);
	uint32_t pid, fd;

	lua_newtable(L);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_geti(L, 1, i);
		luaL_checktype(L, -1, LUA_TTABLE);
		lua_getfield(L, -1, "pid");
		pid = lun_check_id(L, -1);
		lua_getfield(L, -2, "fd");
		fd = lun_check_id(L, -1);
		lua_getfield(L, -3, "comm");
		lua_pushvalue(L, 2);
		add_task_fd(L, pid, fd, luaL_optstring(L, -2, NULL));
		lua_settop(L, 2);
	}
	return 1;
}

/* bpf.task_fd_query([owners]) -> TaskFd[] | nil, err, errno */
static int l_task_fd_query(lua_State *L)
{
	const struct lun_owner_record *records;
	enum lun_owners_by by;
	struct lun_out *out;
	char comm[17] = "";
	int err;

	if (!lua_isnoneornil(L, 1)) {
		luaL_checktype(L, 1, LUA_TTABLE);
		lua_settop(L, 1);
		return task_fds_of(L);
	}
	out = lun_push_buffer(L);
	err = lun_owners(out, false, &by);
	if (err)
		return lun_push_error(L, err, "listing perf events");
	records = (void *)out->data;
	lua_newtable(L);
	for (size_t i = 0; i < out->len / sizeof(*records); i++) {
		if (records[i].kind != LUN_OWNER_PERF && records[i].kind != LUN_OWNER_LINK)
			continue;
		memcpy(comm, records[i].comm, sizeof(records[i].comm));
		add_task_fd(L, records[i].pid, records[i].fd, comm);
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
