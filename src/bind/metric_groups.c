/*
 * Groups and exported groups in Lua. Groups are filled from Lua, or by a scan in C; select() moves
 * them out of their object, which is closed then.
 */
#include "bind/metric.h"

#include <lauxlib.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "vm/names.h"
#include "vm/push.h"
#include "metric/history.h"

enum { MAX_LABELS = 64, MAX_CELLS = 1024 };

static const char *const merges[] = { "sum", "min", "max", "last", "first", NULL };

struct lun_groups *lun_groups_check(lua_State *L, int idx)
{
	struct lun_groups **slot = luaL_checkudata(L, idx, LUN_GROUPS);

	if (!*slot)
		luaL_argerror(L, idx, "the groups are closed");
	return *slot;
}

struct lun_exported *lun_exported_check(lua_State *L, int idx)
{
	struct lun_exported **slot = luaL_checkudata(L, idx, LUN_EXPORTED);

	if (!*slot)
		luaL_argerror(L, idx, "the exported groups are closed");
	return *slot;
}

static size_t check_count(lua_State *L, const char *field, size_t most)
{
	lua_Integer n;

	lua_getfield(L, 1, field);
	n = luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	if (n < 0 || (lua_Unsigned)n > most)
		luaL_error(L, "%s: 0 to %d, not %I", field, (int)most, n);
	return (size_t)n;
}

/* Reads the list of merges on top of the stack. */
static void check_merges(lua_State *L, enum lun_merge *merge, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		merge[i] = (enum lun_merge)luaL_checkoption(L, -1, NULL, merges);
		lua_pop(L, 1);
	}
}

/* The option `top` (and `by`, a cell): keep only the largest groups. */
static int rank(lua_State *L, struct lun_groups *t)
{
	lua_Integer top, by;

	lua_getfield(L, 1, "top");
	lua_getfield(L, 1, "by");
	top = luaL_optinteger(L, -2, 0);
	by = luaL_optinteger(L, -1, 1);
	lua_pop(L, 2);
	if (top <= 0 || by < 1 || (size_t)by > lun_groups_cells(t))
		return 0;
	return lun_groups_rank(t, (size_t)top, (size_t)by - 1);
}

/* groups{ labels = number, cells = { "sum", ... }, limit = number, top = number, by = cell }
 * -> groups */
static int l_groups_new(lua_State *L)
{
	enum lun_merge merge[MAX_CELLS];
	struct lun_groups **slot;
	size_t labels, cells, limit;

	luaL_checktype(L, 1, LUA_TTABLE);
	labels = check_count(L, "labels", MAX_LABELS);
	limit = check_count(L, "limit", INT32_MAX);
	lua_getfield(L, 1, "cells");
	luaL_checktype(L, -1, LUA_TTABLE);
	cells = lua_rawlen(L, -1);
	if (cells > MAX_CELLS)
		return luaL_error(L, "cells: at most %d", MAX_CELLS);
	check_merges(L, merge, cells);
	slot = lua_newuserdatauv(L, sizeof(struct lun_groups *), 0);
	*slot = NULL;
	luaL_setmetatable(L, LUN_GROUPS);
	*slot = lun_groups_new(labels, cells, merge, limit);
	return *slot && rank(L, *slot) == 0 ? 1 : luaL_error(L, "not enough memory");
}

/* groups:clear(): forgets all groups */
static int l_groups_clear(lua_State *L)
{
	lun_groups_clear(lun_groups_check(L, 1));
	return 0;
}

/* groups:settle() -> whether the greatest are known (always, without `top`) */
static int l_groups_settle(lua_State *L)
{
	int err = lun_groups_settle(lun_groups_check(L, 1));

	if (err && err != -EDOM)
		return luaL_error(L, "not enough memory");
	lua_pushboolean(L, !err);
	return 1;
}

static int l_groups_close(lua_State *L)
{
	struct lun_groups **slot = luaL_checkudata(L, 1, LUN_GROUPS);

	lun_groups_free(*slot);
	*slot = NULL;
	return 0;
}

static size_t check_cell(lua_State *L, int idx, const struct lun_groups *t)
{
	lua_Integer cell = luaL_checkinteger(L, idx);

	luaL_argcheck(L, cell >= 1 && (size_t)cell <= lun_groups_cells(t), idx, "no such cell");
	return (size_t)cell - 1;
}

/* The group of the label values from idx on, or -ENOSPC. */
static int64_t check_group(lua_State *L, int idx, struct lun_groups *t)
{
	struct lun_slice labels[MAX_LABELS];
	size_t n = lun_groups_labels(t);
	int64_t group;

	for (size_t i = 0; i < n; i++)
		labels[i].data = luaL_checklstring(L, idx + (int)i, &labels[i].len);
	group = lun_groups_group(t, labels);
	if (group < 0 && group != -ENOSPC)
		luaL_error(L, "not enough memory");
	return group;
}

static struct lun_metric_number check_number(lua_State *L, int idx, bool is_unsigned)
{
	struct lun_metric_number v = { .kind = LUN_NUMBER_F64 };

	if (!lua_isinteger(L, idx)) {
		v.f64 = luaL_checknumber(L, idx);
		return v;
	}
	v.kind = is_unsigned ? LUN_NUMBER_U64 : LUN_NUMBER_I64;
	v.i64 = lua_tointeger(L, idx);
	return v;
}

static int add_number(lua_State *L, bool is_unsigned)
{
	struct lun_groups *t = lun_groups_check(L, 1);
	size_t cell = check_cell(L, 2, t);
	struct lun_metric_number v = check_number(L, 3, is_unsigned);
	int64_t group = check_group(L, 4, t);

	if (group >= 0 && lun_groups_add(t, (size_t)group, cell, v) == 0) {
		lua_pushboolean(L, 1);
		return 1;
	}
	luaL_pushfail(L);
	lua_pushstring(L, group < 0 ? "full" : "taken");
	return 2;
}

/* groups:add(cell, number, label, ...) -> true | nil, "full" | "taken" */
static int l_groups_add(lua_State *L)
{
	return add_number(L, false);
}

/* groups:add_u64(cell, integer, label, ...): the same for an unsigned integer */
static int l_groups_add_u64(lua_State *L)
{
	return add_number(L, true);
}

static size_t check_row(lua_State *L, int idx, size_t size)
{
	lua_Integer row = luaL_checkinteger(L, idx);

	luaL_argcheck(L, row >= 1 && (size_t)row <= size, idx, "no such row");
	return (size_t)row - 1;
}

static void push_number(lua_State *L, struct lun_metric_number v)
{
	if (v.kind == LUN_NUMBER_NONE)
		lua_pushnil(L);
	else if (v.kind == LUN_NUMBER_F64 || (v.kind == LUN_NUMBER_U64 && v.u64 > INT64_MAX))
		lua_pushnumber(L, lun_metric_number_double(v)); // no Lua integer
	else
		lua_pushinteger(L, v.i64);
}

static int push_row(lua_State *L, const struct lun_groups *t, size_t group)
{
	lua_createtable(L, (int)lun_groups_labels(t), 0);
	for (size_t i = 0; i < lun_groups_labels(t); i++) {
		struct lun_slice label = lun_groups_label(t, group, i);

		lua_pushlstring(L, label.data, label.len);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_createtable(L, (int)lun_groups_cells(t), 0);
	for (size_t i = 0; i < lun_groups_cells(t); i++) {
		push_number(L, lun_groups_get(t, group, i));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 2;
}

/* groups:row(number) -> labels, cells */
static int l_groups_row(lua_State *L)
{
	struct lun_groups *t = lun_groups_check(L, 1);

	return push_row(L, t, check_row(L, 2, lun_groups_size(t)));
}

/* groups:merge(other, row, label, ...) -> true | nil, "full": all cells of a row of another */
static int l_groups_merge(lua_State *L)
{
	struct lun_groups *t = lun_groups_check(L, 1), *from = lun_groups_check(L, 2);
	size_t row = check_row(L, 3, lun_groups_size(from));
	int64_t group;

	luaL_argcheck(L, lun_groups_cells(t) == lun_groups_cells(from), 2, "has other cells");
	group = check_group(L, 4, t);
	for (size_t cell = 0; group >= 0 && cell < lun_groups_cells(t); cell++) {
		struct lun_metric_number v = lun_groups_get(from, row, cell);

		if (v.kind)
			lun_groups_add(t, (size_t)group, cell, v);
	}
	lua_pushboolean(L, group >= 0);
	return 1;
}

/* groups:size() -> groups, refused, labels cut */
static int l_groups_size(lua_State *L)
{
	const struct lun_groups *t = lun_groups_check(L, 1);

	lua_pushinteger(L, (lua_Integer)lun_groups_size(t));
	lua_pushinteger(L, (lua_Integer)lun_groups_dropped(t));
	lua_pushinteger(L, (lua_Integer)lun_groups_cut(t));
	return 3;
}

static double opt_number(lua_State *L, const char *field, double fallback)
{
	double v;

	lua_getfield(L, 2, field);
	v = luaL_optnumber(L, -1, fallback);
	lua_pop(L, 1);
	return v;
}

static size_t opt_size(lua_State *L, const char *field, size_t fallback)
{
	double v = opt_number(L, field, -1);

	return v < 0 || v >= (double)UINT32_MAX ? fallback : (size_t)v;
}

/* Reads the set of counter cells: { [cell] = true }. */
static bool opt_counters(lua_State *L, bool *counter, size_t n)
{
	bool any = false;

	lua_getfield(L, 2, "counters");
	for (size_t i = 0; i < n && lua_istable(L, -1); i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		counter[i] = lua_toboolean(L, -1);
		any = any || counter[i];
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return any;
}

static void check_export(lua_State *L, struct lun_export_opts *opts, const struct lun_groups *t)
{
	luaL_checktype(L, 2, LUA_TTABLE);
	lua_getfield(L, 2, "rule"); // the string stays alive in the table
	opts->rule = luaL_optstring(L, -1, NULL);
	lua_pop(L, 1);
	opts->began = opt_number(L, "began", 0);
	opts->now = opt_number(L, "now", 0);
	opts->expire = opt_number(L, "expire", 0);
	opts->top = opt_size(L, "top", 0);
	opts->by.cell = opt_size(L, "by", 1) - 1;
	opts->by.n_cells = opt_size(L, "by_cells", 1);
	opts->max = opt_size(L, "max", SIZE_MAX);
	lua_getfield(L, 2, "hold");
	opts->reset = lua_toboolean(L, -1) ? LUN_RESET_HOLD : LUN_RESET_SHOW;
	lua_pop(L, 1);
	luaL_argcheck(L,
		opts->by.cell < lun_groups_cells(t) &&
			opts->by.n_cells <= lun_groups_cells(t) - opts->by.cell,
		2, "by: no such cells");
}

/* groups:export{ rule, began, now, expire, top, by, by_cells, max, counters, hold } -> exported */
static int l_groups_export(lua_State *L)
{
	struct lun_groups **groups = luaL_checkudata(L, 1, LUN_GROUPS);
	struct lun_export_opts opts = { 0 };
	struct lun_exported **slot;
	bool counter[MAX_CELLS] = { false };

	check_export(L, &opts, lun_groups_check(L, 1));
	if (opt_counters(L, counter, lun_groups_cells(*groups)))
		opts.counter = counter;
	slot = lua_newuserdatauv(L, sizeof(struct lun_exported *), 0);
	*slot = NULL;
	luaL_setmetatable(L, LUN_EXPORTED);
	*slot = lun_exported_new(*groups, &opts);
	*groups = NULL;
	return *slot ? 1 : luaL_error(L, "not enough memory");
}

static int l_exported_close(lua_State *L)
{
	struct lun_exported **slot = luaL_checkudata(L, 1, LUN_EXPORTED);

	lun_exported_unref(*slot);
	*slot = NULL;
	return 0;
}

/* exported:row(number) -> labels, cells */
static int l_exported_row(lua_State *L)
{
	const struct lun_exported *exported = lun_exported_check(L, 1);

	return push_row(L, exported->groups, exported->order[check_row(L, 2, exported->size)]);
}

/* exported:size() -> groups, cut by top, cut by max, expired */
static int l_exported_size(lua_State *L)
{
	const struct lun_exported *exported = lun_exported_check(L, 1);

	lua_pushinteger(L, (lua_Integer)exported->size);
	lua_pushinteger(L, (lua_Integer)exported->cut_top);
	lua_pushinteger(L, (lua_Integer)exported->cut_max);
	lua_pushinteger(L, (lua_Integer)exported->cut_expired);
	return 4;
}

/* Writes the table at idx as the text between an exemplar's braces. */
static void exemplar_text(lua_State *L, int idx, struct lun_out *out)
{
	lua_pushnil(L);
	while (lua_next(L, idx)) {
		size_t len;
		const char *value =
			lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;

		if (lua_type(L, -2) == LUA_TSTRING && value) {
			if (out->len)
				lun_out_char(out, ',');
			lun_out_str(out, lua_tostring(L, -2));
			lun_out_str(out, "=\"");
			lun_metric_chars(out, value, len);
			lun_out_char(out, '"');
		}
		lua_pop(L, 1);
	}
}

/* exported:exemplar(row, labels, value) */
static int l_exported_exemplar(lua_State *L)
{
	struct lun_exported *exported = lun_exported_check(L, 1);
	size_t row = check_row(L, 2, exported->size);
	double value = luaL_checknumber(L, 4);
	struct lun_out *text;
	int err;

	luaL_checktype(L, 3, LUA_TTABLE);
	lua_settop(L, 4);
	text = lun_push_buffer(L);
	exemplar_text(L, 3, text);
	err = text->err ? text->err : lun_exported_exemplar(exported, row, text, value);
	lun_out_free(text);
	return err ? luaL_error(L, "not enough memory") : 0;
}

/* forget(): no series was ever seen (for tests) */
static int l_forget(lua_State *L)
{
	(void)L;
	lun_history_clear();
	return 0;
}

static const luaL_Reg functions[] = {
	{ "groups", l_groups_new },
	{ "forget", l_forget },
	{ NULL, NULL },
};

static const luaL_Reg groups_methods[] = {
	{ "add", l_groups_add },
	{ "add_u64", l_groups_add_u64 },
	{ "merge", l_groups_merge },
	{ "row", l_groups_row },
	{ "size", l_groups_size },
	{ "settle", l_groups_settle },
	{ "clear", l_groups_clear },
	{ "export", l_groups_export },
	{ "close", l_groups_close },
	{ "__gc", l_groups_close },
	{ "__close", l_groups_close },
	{ NULL, NULL },
};

static const luaL_Reg exported_methods[] = {
	{ "row", l_exported_row },
	{ "size", l_exported_size },
	{ "exemplar", l_exported_exemplar },
	{ "close", l_exported_close },
	{ "__gc", l_exported_close },
	{ "__close", l_exported_close },
	{ NULL, NULL },
};

void lun_metric_open_groups(lua_State *L)
{
	lun_metric_class(L, LUN_GROUPS, groups_methods);
	lun_metric_class(L, LUN_EXPORTED, exported_methods);
	luaL_setfuncs(L, functions, 0);
}
