/*
 * Scans in Lua. lunette.metrics.compile makes a table with the columns to read and the cells that
 * they go to. Here it becomes a struct lun_map_scan, which fills groups or is a text source.
 *
 *   { map, key_plan, value_plan, each_cpu, skip_zero, deadline, top, by, by_cells, expire,
 *     labels = { column… }, cells = { { goes, column, cell, … }… } }
 *   column: { from = "const" | "key" | "value" | "cpu", text | path | raw, reduce }
 */
#include "bind/metric.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "bind/decode.h"
#include "metric/map_scan.h"
#include "vm/names.h"
#include "vm/push.h"
#include "vm/source.h"

enum { MAX_LABELS = 64, MAX_CELLS = 64, MAX_BOUNDS = 1024 };

static const char *const froms[] = { "const", "key", "value", "cpu", NULL };
static const char *const raws[] = { "none", "hex", "string", "number", NULL };
static const char *const goes[] = { "number", "one", "bucket", "slots", "observe", NULL };

static int l_scan_gc(lua_State *L)
{
	struct lun_map_scan **slot = luaL_checkudata(L, 1, LUN_MAP_SCAN);

	if (*slot) {
		lun_map_scan_free(*slot);
		free(*slot);
	}
	*slot = NULL;
	return 0;
}

/* A string field of the table on top, as an index into a list of names. */
static int field_option(
	lua_State *L, const char *field, const char *fallback, const char *const names[])
{
	int option;

	lua_getfield(L, -1, field);
	option = luaL_checkoption(L, -1, fallback, names);
	lua_pop(L, 1);
	return option;
}

/* A number field of the table on top; 0 when it is missing. */
static double field_number(lua_State *L, const char *field)
{
	double v;

	lua_getfield(L, -1, field);
	v = luaL_optnumber(L, -1, 0);
	lua_pop(L, 1);
	return v;
}

static lua_Integer field_integer(lua_State *L, const char *field, lua_Integer fallback)
{
	lua_Integer n;

	lua_getfield(L, -1, field);
	n = luaL_optinteger(L, -1, fallback);
	lua_pop(L, 1);
	return n;
}

static uint8_t field_reduce(lua_State *L)
{
	const char *name;
	int reduce;

	lua_getfield(L, -1, "reduce");
	name = luaL_optstring(L, -1, "sum");
	reduce = lun_reduce_parse(name);
	if (reduce < 0)
		luaL_error(L, "cpus: unknown method '%s' (sum, min, max, avg, last)", name);
	lua_pop(L, 1);
	return (uint8_t)reduce;
}

static char *field_copy(lua_State *L, const char *field)
{
	char *copy;

	lua_getfield(L, -1, field);
	copy = strdup(luaL_checkstring(L, -1));
	lua_pop(L, 1);
	if (!copy)
		luaL_error(L, "not enough memory");
	return copy;
}

/* Finds the column in its plan by its path; raises when there is none. */
static void find_pick(
	lua_State *L, const struct lun_map_scan *scan, struct lun_map_scan_column *column)
{
	bool of_key = column->from == LUN_FROM_KEY;
	const struct lun_plan *plan = of_key ? scan->key : scan->value;
	const char *root = of_key ? "key" : "value", *path;

	lua_getfield(L, -1, "path");
	path = luaL_checkstring(L, -1);
	if (!plan)
		luaL_error(L, "the %s has no plan", root);
	if (lun_plan_pick(plan, root, path, &column->pick))
		luaL_error(L, "the %s has no column '%s'", root, path);
	lua_pop(L, 1);
}

static bool has_field(lua_State *L, const char *name)
{
	bool has = lua_getfield(L, -1, name) != LUA_TNIL;

	lua_pop(L, 1);
	return has;
}

/* Reads the column described by the table on top. */
static void read_column(
	lua_State *L, const struct lun_map_scan *scan, struct lun_map_scan_column *column)
{
	luaL_checktype(L, -1, LUA_TTABLE);
	column->from = (enum lun_map_scan_from)field_option(L, "from", "const", froms);
	column->raw = (enum lun_map_scan_raw)field_option(L, "raw", "none", raws);
	column->reduce = field_reduce(L);
	column->counts = has_field(L, "counts");
	if (column->from == LUN_FROM_CONST)
		column->text = field_copy(L, "text");
	else if (column->from != LUN_FROM_CPU && !column->raw)
		find_pick(L, scan, column);
}

static void read_labels(lua_State *L, struct lun_map_scan *scan)
{
	size_t n;

	lua_getfield(L, 1, "labels");
	luaL_checktype(L, -1, LUA_TTABLE);
	n = lua_rawlen(L, -1);
	if (n > MAX_LABELS)
		luaL_error(L, "labels: at most %d", MAX_LABELS);
	scan->labels = calloc(n + 1, sizeof(*scan->labels));
	if (!scan->labels)
		luaL_error(L, "not enough memory");
	scan->n_labels = n;
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		read_column(L, scan, &scan->labels[i]);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

static void read_index(
	lua_State *L, const struct lun_map_scan *scan, struct lun_map_scan_cell *cell)
{
	lua_getfield(L, -1, "index");
	read_column(L, scan, &cell->index);
	lua_pop(L, 1);
	cell->first = field_integer(L, "first", 0);
	lua_getfield(L, -1, "sum_index");
	cell->has_sum_index = !lua_isnil(L, -1);
	cell->sum_index = luaL_optinteger(L, -1, 0);
	lua_pop(L, 1);
	if (cell->has_sum_index && cell->sum < 0)
		luaL_error(L, "sum_index needs a cell for the sum");
}

static void read_bounds(lua_State *L, struct lun_map_scan_cell *cell)
{
	size_t n;

	lua_getfield(L, -1, "bounds");
	luaL_checktype(L, -1, LUA_TTABLE);
	n = lua_rawlen(L, -1);
	if (n > MAX_BOUNDS || n + 1 != cell->n_cells)
		luaL_error(L, "bounds: one less than the cells, at most %d", MAX_BOUNDS);
	cell->bounds = calloc(n + 1, sizeof(*cell->bounds));
	if (!cell->bounds)
		luaL_error(L, "not enough memory");
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		cell->bounds[i] = luaL_checknumber(L, -1);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* Slots are counted in an array of numbers; raises for another column. */
static void check_slots(
	lua_State *L, const struct lun_map_scan *scan, const struct lun_map_scan_cell *cell)
{
	const struct lun_map_scan_column *c = &cell->column;
	const struct lun_plan *plan = c->from == LUN_FROM_KEY ? scan->key : scan->value;

	if (c->raw || c->from == LUN_FROM_CPU || !plan || plan->ops[c->pick.op].kind != LUN_K_ARRAY)
		luaL_error(L, "slots: the column is no array");
}

static void read_cell(lua_State *L, const struct lun_map_scan *scan, struct lun_map_scan_cell *cell)
{
	luaL_checktype(L, -1, LUA_TTABLE);
	cell->goes = (enum lun_map_scan_goes)field_option(L, "goes", "number", goes);
	cell->cell = (size_t)field_integer(L, "cell", 1) - 1;
	cell->n_cells = (size_t)field_integer(L, "n", 1);
	cell->sum = (int)field_integer(L, "sum", 0) - 1;
	if (cell->cell >= MAX_BOUNDS || cell->n_cells < 1 || cell->n_cells > MAX_BOUNDS)
		luaL_error(L, "cells: out of range");
	if (cell->goes != LUN_GOES_ONE) {
		lua_getfield(L, -1, "column");
		read_column(L, scan, &cell->column);
		lua_pop(L, 1);
		if (cell->column.from != LUN_FROM_KEY && cell->column.from != LUN_FROM_VALUE)
			luaL_error(L, "cells: a number comes from the key or the value");
	}
	if (cell->goes == LUN_GOES_BUCKET)
		read_index(L, scan, cell);
	if (cell->goes == LUN_GOES_OBSERVE || has_field(L, "bounds"))
		read_bounds(L, cell);
	if (cell->goes == LUN_GOES_SLOTS)
		check_slots(L, scan, cell);
}

static void read_cells(lua_State *L, struct lun_map_scan *scan)
{
	size_t n;

	lua_getfield(L, 1, "cells");
	luaL_checktype(L, -1, LUA_TTABLE);
	n = lua_rawlen(L, -1);
	if (n < 1 || n > MAX_CELLS)
		luaL_error(L, "cells: 1 to %d", MAX_CELLS);
	scan->cells = calloc(n, sizeof(*scan->cells));
	if (!scan->cells)
		luaL_error(L, "not enough memory");
	scan->n_cells = n;
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		read_cell(L, scan, &scan->cells[i]);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* The plan, checked against the map's sizes; or NULL. */
static struct lun_plan *read_plan(lua_State *L, const char *field, uint32_t size)
{
	struct lun_plan *plan = NULL;

	if (lua_getfield(L, 1, field) != LUA_TNIL)
		plan = lun_plan_ref(lun_plan_check(L, -1));
	lua_pop(L, 1);
	if (plan && plan->size > size) {
		lun_plan_unref(plan);
		luaL_error(L, "%s reads more bytes than the map's %d", field, (int)size);
	}
	return plan;
}

/* Reads expire = { rule, began, seconds }: unchanged series are left out. */
static void read_expiry(lua_State *L, struct lun_map_scan *scan)
{
	if (lua_getfield(L, -1, "expire") == LUA_TTABLE) {
		scan->began = field_number(L, "began");
		scan->expire = field_number(L, "seconds");
		lua_getfield(L, -1, "rule");
		scan->rule = strdup(luaL_checkstring(L, -1));
		lua_pop(L, 1);
		if (!scan->rule)
			luaL_error(L, "not enough memory");
	}
	lua_pop(L, 1);
}

/* Makes an object with the scan that the table at 1 describes. 0; on failure pushes nil, message,
 * errno and returns 3. Misuse raises. */
static int read_scan(lua_State *L, struct lun_map_scan ***slot)
{
	struct lun_map_scan *scan;
	struct lun_map *map;
	int err;

	luaL_checktype(L, 1, LUA_TTABLE);
	*slot = lua_newuserdatauv(L, sizeof(**slot), 0);
	**slot = NULL;
	luaL_setmetatable(L, LUN_MAP_SCAN);
	lua_getfield(L, 1, "map");
	map = lun_map_check(L, -1);
	scan = **slot = calloc(1, sizeof(*scan));
	if (!scan)
		return luaL_error(L, "not enough memory");
	scan->map.fd = -1;
	err = lun_map_dup(&scan->map, map);
	lua_pop(L, 1);
	if (err)
		return lun_push_error(L, err, NULL);
	scan->key = read_plan(L, "key_plan", scan->map.info.key_size);
	scan->value = read_plan(L, "value_plan", scan->map.info.value_size);
	read_labels(L, scan);
	read_cells(L, scan);
	lua_pushvalue(L, 1);
	scan->each_cpu = lun_opt_bool(L, -1, "each_cpu", false);
	scan->skip_zero = lun_opt_bool(L, -1, "skip_zero", false);
	scan->top = (size_t)field_integer(L, "top", 0);
	scan->by.cell = (size_t)field_integer(L, "by", 1) - 1;
	scan->by.n_cells = (size_t)field_integer(L, "by_cells", 1);
	scan->deadline = field_number(L, "deadline");
	read_expiry(L, scan);
	lua_pop(L, 1);
	return 0;
}

/* True when all cells of the scan exist in the groups. */
static bool fits(const struct lun_map_scan *scan, const struct lun_groups *groups)
{
	size_t n = lun_groups_cells(groups);

	for (size_t i = 0; i < scan->n_cells; i++) {
		const struct lun_map_scan_cell *cell = &scan->cells[i];

		if (cell->cell + cell->n_cells > n || cell->sum >= (int)n)
			return false;
	}
	return scan->n_labels == lun_groups_labels(groups) && scan->by.cell < n &&
		scan->by.n_cells <= n - scan->by.cell;
}

static int push_outcome(lua_State *L, const struct lun_map_scan *scan)
{
	lua_createtable(L, 0, 7);
	lun_set_int(L, "entries", scan->entries);
	lun_set_int(L, "errors", scan->errors);
	lun_set_int(L, "expired", scan->expired);
	lun_set_bool(L, "late", scan->late);
	lun_set_bool(L, "restarted", scan->restarted);
	lun_set_bool(L, "truncated", scan->truncated);
	lun_set_bool(L, "blurred", scan->blurred);
	lun_set_str(L, "error", scan->errors ? scan->error : NULL);
	return 1;
}

/* Calls the function at 3; its error stays on the stack. */
static int call_drain(void *arg)
{
	lua_State *L = arg;

	lua_pushvalue(L, 3);
	return lua_pcall(L, 0, 0, 0) ? -ECANCELED : 0;
}

/* scan(scan, groups [, drain, above]) -> { entries, errors, error, expired, late, restarted,
 * truncated, blurred } | nil, message, errno: drain() is called in between when there are more
 * groups than `above` */
static int l_scan(lua_State *L)
{
	struct lun_groups *groups = lun_groups_check(L, 2);
	lua_Integer above = luaL_optinteger(L, 4, 0);
	struct lun_map_scan **slot;
	int n;

	lua_settop(L, 3);
	n = read_scan(L, &slot);
	if (n)
		return n;
	luaL_argcheck(L, fits(*slot, groups), 2, "has other cells or labels than the scan");
	if (lua_isfunction(L, 3)) {
		(*slot)->drain = call_drain;
		(*slot)->drain_arg = L;
		(*slot)->drain_above = (size_t)above;
	}
	n = lun_map_scan_run(*slot, groups);
	if (n == -ECANCELED)
		return lua_error(L);
	if (n)
		return lun_push_error(L, n, NULL);
	return push_outcome(L, *slot);
}

static void read_text(lua_State *L, struct lun_map_scan_text *text, const char **names, size_t n)
{
	luaL_checktype(L, 2, LUA_TTABLE);
	lua_getfield(L, 2, "name");
	text->name = luaL_checkstring(L, -1);
	lua_getfield(L, 2, "rule");
	text->rule = luaL_checkstring(L, -1);
	lua_getfield(L, 2, "divisor");
	text->divisor = luaL_optnumber(L, -1, 1);
	lua_getfield(L, 2, "limit");
	text->limit = (uint64_t)luaL_optinteger(L, -1, INT64_MAX);
	lua_getfield(L, 2, "labels");
	luaL_checktype(L, -1, LUA_TTABLE);
	luaL_argcheck(L, lua_rawlen(L, -1) == n, 2, "labels: not as many as the scan has");
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		names[i] = luaL_checkstring(L, -1);
		lua_pop(L, 1); // it stays alive in the list
	}
	text->labels = names;
}

/* scan_text(scan, { name, labels = { name… }, divisor, limit, rule }) -> source
 * | nil, message, errno */
static int l_scan_text(lua_State *L)
{
	const char *names[MAX_LABELS];
	struct lun_map_scan_text text;
	struct lun_source **source;
	struct lun_map_scan **slot;
	int n = read_scan(L, &slot);

	if (n)
		return n;
	read_text(L, &text, names, (*slot)->n_labels);
	luaL_argcheck(L, (*slot)->cells[0].goes == LUN_GOES_NUMBER, 1, "a stream has numbers only");
	source = lun_source_new(L);
	*source = lun_map_scan_source(*slot, &text);
	*slot = NULL;
	return *source ? 1 : luaL_error(L, "not enough memory");
}

static const luaL_Reg functions[] = {
	{ "scan", l_scan },
	{ "scan_text", l_scan_text },
	{ NULL, NULL },
};

static const luaL_Reg scan_methods[] = {
	{ "__gc", l_scan_gc },
	{ NULL, NULL },
};

void lun_metric_open_scan(lua_State *L)
{
	lun_metric_class(L, LUN_MAP_SCAN, scan_methods);
	luaL_setfuncs(L, functions, 0);
}
