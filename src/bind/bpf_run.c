/* prog:run: runs a program with given input. */
#include "bind/bpf_run.h"

#include <errno.h>
#include <lauxlib.h>

#include "vm/push.h"
#include "bpf/object/run.h"

enum { REPEAT_MAX = 10000000, INPUT_MAX = 16 << 20 };

/* An optional string; it is left on the stack, which keeps it alive during the call. */
static const char *opt_bytes(lua_State *L, int idx, const char *key, size_t *size)
{
	const char *bytes;

	*size = 0;
	if (lua_getfield(L, idx, key) == LUA_TNIL)
		return NULL;
	bytes = luaL_checklstring(L, -1, size);
	if (*size > INPUT_MAX)
		luaL_error(L, "run: %s is longer than 16 MiB", key);
	return bytes;
}

static uint32_t opt_repeat(lua_State *L, int idx)
{
	lua_Integer n = 1;

	if (lua_getfield(L, idx, "times") != LUA_TNIL)
		n = luaL_checkinteger(L, -1);
	if (n < 1 || n > REPEAT_MAX)
		luaL_error(L, "run: times is from 1 to 10000000");
	lua_pop(L, 1);
	return (uint32_t)n;
}

static void read_options(lua_State *L, struct lun_run *run)
{
	luaL_checktype(L, 2, LUA_TTABLE);
	run->repeat = opt_repeat(L, 2);
	run->data = opt_bytes(L, 2, "input", &run->data_size);
	run->context = opt_bytes(L, 2, "context", &run->context_size);
}

static void set_bytes(lua_State *L, const char *key, const struct lun_out *out)
{
	if (!out->len)
		return;
	lua_pushlstring(L, out->data, out->len);
	lua_setfield(L, -2, key);
}

static int push_outcome(lua_State *L, const struct lun_run *run, const struct lun_out *output,
	const struct lun_out *context)
{
	lua_createtable(L, 0, 4);
	lun_set_int(L, "result", run->result);
	lun_set_int(L, "duration", run->duration_ns);
	set_bytes(L, "output", output);
	set_bytes(L, "context", context);
	return 1;
}

static int push_failure(lua_State *L, int err)
{
	if (err == -LUN_ENOTSUPP || err == -EOPNOTSUPP)
		return lun_push_failure(
			L, -EOPNOTSUPP, "programs of this type can't be run by hand");
	if (err == -ERANGE)
		return lun_push_failure(
			L, err, "programs of this type run once at a time, not many times");
	if (err == -EINVAL)
		return lun_push_failure(L, err,
			"the kernel refuses this input or context for a program of this type");
	return lun_push_error(L, err, "running the program");
}

int lun_push_prog_run(lua_State *L, int fd)
{
	struct lun_run run = { .repeat = 1 };
	struct lun_out *output, *context;
	int err;

	if (!lua_isnoneornil(L, 2))
		read_options(L, &run);
	output = lun_push_buffer(L);
	context = lun_push_buffer(L);
	err = lun_prog_run(fd, &run);
	*output = run.output;
	*context = run.context_output;
	return err ? push_failure(L, err) : push_outcome(L, &run, output, context);
}
