/* bpf.trace_log: reads bpf_printk output. */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/cost/tracelog.h"

/* The handle owns the writer, so that an error while its text is pushed frees it. */
struct handle {
	struct lun_tracelog *log;
	struct lun_out out;
};

static int fail(lua_State *L, int err)
{
	luaL_pushfail(L);
	if (err == -ENOENT)
		lua_pushliteral(L, "trace_pipe: tracefs is not mounted at /sys/kernel/tracing");
	else
		lua_pushfstring(L, "trace_pipe: %s", strerror(-err));
	lua_pushinteger(L, -err);
	return 3;
}

/* log:close() */
static int l_log_close(lua_State *L)
{
	struct handle *h = luaL_checkudata(L, 1, LUN_TRACELOG);

	lun_tracelog_close(h->log);
	h->log = NULL;
	lun_out_free(&h->out);
	return 0;
}

/* log:read([seconds]) -> text | nil, err, errno */
static int l_log_read(lua_State *L)
{
	struct handle *h = luaL_checkudata(L, 1, LUN_TRACELOG);
	lua_Number seconds = luaL_optnumber(L, 2, 0);
	int err;

	if (!h->log)
		return luaL_error(L, "trace log is closed");
	luaL_argcheck(L, seconds >= 0 && seconds <= 3600, 2, "not from 0 to 3600 seconds");
	lun_out_reset(&h->out);
	err = lun_tracelog_read(h->log, (int)(seconds * 1000), &h->out);
	if (err)
		return fail(L, err);
	lua_pushlstring(L, h->out.data ? h->out.data : "", h->out.len);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "read", l_log_read },
	{ "close", l_log_close },
	{ NULL, NULL },
};

static const luaL_Reg metamethods[] = {
	{ "__gc", l_log_close },
	{ "__close", l_log_close },
	{ NULL, NULL },
};

static struct handle *push_handle(lua_State *L)
{
	struct handle *h = lua_newuserdatauv(L, sizeof(*h), 0);

	memset(h, 0, sizeof(*h));
	lun_push_metatable(L, LUN_TRACELOG, metamethods, methods);
	lua_setmetatable(L, -2);
	return h;
}

/* bpf.trace_log() -> TraceLog | nil, err, errno */
static int l_bpf_trace_log(lua_State *L)
{
	struct handle *h = push_handle(L);
	int err = lun_tracelog_open(&h->log);

	return err ? fail(L, err) : 1;
}

static const luaL_Reg functions[] = {
	{ "trace_log", l_bpf_trace_log },
	{ NULL, NULL },
};

int lun_bind_tracelog(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
