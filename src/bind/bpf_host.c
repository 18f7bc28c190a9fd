/* The machine, its CPUs, and the kernel's run-time statistics. */
#include <errno.h>
#include <lauxlib.h>
#include <time.h>
#include <string.h>
#include <unistd.h>

#include "bind/bpf.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/host/executables.h"
#include "bpf/host/host.h"
#include "bpf/host/mounts.h"
#include "bpf/cost/stats.h"
#include "text/monotonic.h"

static void set_capabilities(lua_State *L, const struct lun_host *host)
{
	lua_createtable(L, 0, 5);
	lun_set_bool(L, "sys_admin", host->sys_admin);
	lun_set_bool(L, "bpf", host->bpf);
	lun_set_bool(L, "perfmon", host->perfmon);
	lun_set_bool(L, "net_admin", host->net_admin);
	lun_set_bool(L, "syslog", host->syslog);
	lua_setfield(L, -2, "capabilities");
}

struct mounts {
	char text[4096]; /* NUL-terminated paths, as many as fit */
	size_t len;
};

static int add_mount(void *ctx, const struct lun_mount *mount)
{
	struct mounts *mounts = ctx;
	size_t size = strlen(mount->path) + 1;

	if (mounts->len + size > sizeof(mounts->text))
		return 1;
	memcpy(mounts->text + mounts->len, mount->path, size);
	mounts->len += size;
	return 0;
}

static void set_bpffs(lua_State *L)
{
	struct mounts mounts = { .len = 0 };
	lua_Integer n = 0;

	lun_mounts("bpf", add_mount, &mounts);
	lua_newtable(L);
	for (size_t at = 0; at < mounts.len; at += strlen(mounts.text + at) + 1) {
		lua_pushstring(L, mounts.text + at);
		lua_rawseti(L, -2, ++n);
	}
	lua_setfield(L, -2, "bpffs");
}

/* bpf.host() -> Host */
static int l_host(lua_State *L)
{
	struct lun_host host;

	lun_host_read(&host);
	lua_createtable(L, 0, 18);
	lun_set_str(L, "kernel", host.kernel);
	lun_set_str(L, "version", host.version);
	lun_set_str(L, "machine", host.machine);
	lun_set_str(L, "hostname", host.hostname);
	lun_set_number(L, "boot_time", host.boot_time);
	lun_set_int(L, "page_size", host.page_size);
	lun_set_int(L, "possible_cpus", (uint64_t)host.possible_cpus);
	lun_set_int(L, "online_cpus", (uint64_t)host.online_cpus);
	lun_set_bool(L, "stats_enabled", host.stats_enabled > 0);
	lun_set_int(L, "jit_enabled", (uint64_t)host.jit_enabled);
	lun_set_int(L, "unprivileged_bpf_disabled", (uint64_t)host.unprivileged);
	lun_set_bool(L, "btf", host.btf);
	lun_set_bool(L, "tracefs", host.tracefs);
	lun_set_bool(L, "kallsyms", host.kallsyms);
	lun_set_int(L, "pidns_dev", host.pidns_dev);
	lun_set_int(L, "pidns_ino", host.pidns_ino);
	lun_set_bool(L, "all_processes", host.all_processes);
	set_capabilities(L, &host);
	set_bpffs(L);
	return 1;
}

/* bpf.cpus() -> possible, online */
static int l_cpus(lua_State *L)
{
	int possible = lun_host_cpus();

	if (possible < 0)
		return lun_push_error(L, possible, "counting CPUs");
	lua_pushinteger(L, possible);
	lua_pushinteger(L, sysconf(_SC_NPROCESSORS_ONLN));
	return 2;
}

/* bpf.uptime() -> seconds since boot */
static int l_uptime(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)lun_clock_ns(CLOCK_BOOTTIME) / 1e9);
	return 1;
}

static bool add_executable(void *user, const struct lun_executable *executable)
{
	lua_State *L = user;

	lua_createtable(L, 0, 2);
	lun_set_int(L, "pid", executable->pid);
	lun_set_str(L, "path", executable->path);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	return true;
}

/* bpf.executables() -> { pid, path }[] | nil, err, errno */
static int l_executables(lua_State *L)
{
	int err;

	lua_newtable(L);
	err = lun_executables(add_executable, L);
	return err ? lun_push_error(L, err, "listing executables") : 1;
}

static int *check_slot(lua_State *L)
{
	return luaL_checkudata(L, 1, LUN_STATS_HANDLE);
}

/* stats:close() */
static int l_stats_close(lua_State *L)
{
	int *fd = check_slot(L);

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return 0;
}

static const luaL_Reg stats_methods[] = {
	{ "close", l_stats_close },
	{ NULL, NULL },
};

/* bpf.stats() -> Stats <close> | nil, err, errno */
static int l_stats(lua_State *L)
{
	int *fd = lua_newuserdatauv(L, sizeof(*fd), 0);

	*fd = -1;
	luaL_setmetatable(L, LUN_STATS_HANDLE);
	*fd = lun_stats_open();
	if (*fd < 0)
		return lun_push_error(L, *fd, "switching run-time statistics on");
	return 1;
}

static const luaL_Reg functions[] = {
	{ "host", l_host },
	{ "cpus", l_cpus },
	{ "uptime", l_uptime },
	{ "executables", l_executables },
	{ "stats", l_stats },
	{ NULL, NULL },
};

int lun_bind_host(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_STATS_HANDLE, stats_methods, l_stats_close);
	lua_pop(L, 1);
	luaL_setfuncs(L, functions, 0);
	return 0;
}
