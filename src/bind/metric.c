/*
 * require("lunette.core.metrics"): what lua/lunette/metrics/ stands on. Here: the module, and
 * the counts that all VMs of the process share (errors by rule and the like).
 */
#include "bind/metric.h"

#include <lauxlib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "metric/counts.h"
#include "bind/modules.h"
#include "vm/names.h"
#include "vm/push.h"
#include "vm/source.h"
#include "vm/vm.h"
#include "text/gzip.h"
#include "text/monotonic.h"

/* count(rule, what, number) -> the old value: adds to a count of the process */
static int l_count(lua_State *L)
{
	lua_pushnumber(L,
		lun_count_add(
			luaL_checkstring(L, 1), luaL_checkstring(L, 2), luaL_checknumber(L, 3)));
	return 1;
}

/* note(rule, what, number) -> the old value: sets a count of the process */
static int l_note(lua_State *L)
{
	lua_pushnumber(L,
		lun_count_set(
			luaL_checkstring(L, 1), luaL_checkstring(L, 2), luaL_checknumber(L, 3)));
	return 1;
}

static void push_count(void *arg, const char *rule, double value)
{
	lua_State *L = arg;

	lua_pushnumber(L, value);
	lua_setfield(L, -2, rule);
}

/* counts(what) -> { [rule] = number } */
static int l_counts(lua_State *L)
{
	const char *what = luaL_checkstring(L, 1);

	lua_newtable(L);
	lun_count_each(what, push_count, L);
	return 1;
}

/* now() -> seconds since the epoch */
static int l_now(lua_State *L)
{
	lua_pushnumber(L, (double)lun_clock_ns(CLOCK_REALTIME) / 1e9);
	return 1;
}

/* gzip(text) -> string */
static int l_gzip(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	struct lun_out *out = lun_push_buffer(L);

	lun_gzip(out, text, len);
	return lun_metric_push_out(L, out);
}

/* gzip_source(source) -> source that compresses it; takes it over */
static int l_gzip_source(lua_State *L)
{
	struct lun_source **slot, *inner;

	luaL_argcheck(L, lun_source_test(L, 1), 1, "no open source");
	slot = lun_source_new(L);
	inner = lun_source_take(L, 1);
	*slot = lun_gzip_source(inner);
	return *slot ? 1 : luaL_error(L, "not enough memory");
}

/* number_text(number) -> the shortest text that reads back, as on a page */
static int l_number_text(lua_State *L)
{
	struct lun_metric_number v = { .kind = LUN_NUMBER_F64, .f64 = luaL_checknumber(L, 1) };
	struct lun_out *out = lun_push_buffer(L);

	lun_metric_number_write(out, v, 1);
	return lun_metric_push_out(L, out);
}

/* A name as a C string; a name with a NUL becomes "", which is never valid. */
static const char *check_name(lua_State *L)
{
	size_t len;
	const char *name = luaL_checklstring(L, 1, &len);

	return strlen(name) == len ? name : "";
}

/* name_ok(text) -> boolean: whether a metric may be called that; label_ok: a label */
static int l_name_ok(lua_State *L)
{
	lua_pushboolean(L, lun_metric_name_ok(check_name(L)));
	return 1;
}

static int l_label_ok(lua_State *L)
{
	lua_pushboolean(L, lun_metric_label_ok(check_name(L)));
	return 1;
}

void lun_metric_class(lua_State *L, const char *name, const luaL_Reg *methods)
{
	lun_push_metatable(L, name, methods, methods);
	lua_pop(L, 1);
}

static const luaL_Reg functions[] = {
	{ "now", l_now },
	{ "count", l_count },
	{ "note", l_note },
	{ "counts", l_counts },
	{ "gzip", l_gzip },
	{ "gzip_source", l_gzip_source },
	{ "number_text", l_number_text },
	{ "name_ok", l_name_ok },
	{ "label_ok", l_label_ok },
	{ NULL, NULL },
};

int luaopen_lunette_core_metrics(lua_State *L)
{
	luaL_newlib(L, functions);
	lun_metric_open_groups(L);
	lun_metric_open_page(L);
	lun_metric_open_emit(L);
	lun_metric_open_scan(L);
	lun_metric_open_regex(L);
	return 1;
}
