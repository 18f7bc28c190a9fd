/*
 * Pages in Lua: built family by family, then written as text or as a source. share() lets a scrape
 * wait for a page that another scrape is making.
 */
#include "bind/metric.h"

#include <lauxlib.h>
#include <errno.h>
#include <string.h>

#include "metric/scrape_share.h"
#include "vm/names.h"
#include "vm/push.h"
#include "vm/source.h"

enum { MAX_BOUNDS = 1024, MAX_VIEW_LABELS = 128 };

static const char *const formats[] = { "text", "openmetrics", NULL };
static const char *const shapes[] = { "plain", "histogram", "summary", NULL };

struct lun_page *lun_page_check(lua_State *L, int idx)
{
	struct lun_page **slot = luaL_checkudata(L, idx, LUN_PAGE);

	if (!*slot)
		luaL_argerror(L, idx, "page is closed");
	return *slot;
}

static struct lun_page **new_page_slot(lua_State *L)
{
	struct lun_page **slot = lua_newuserdatauv(L, sizeof(struct lun_page *), 0);

	*slot = NULL;
	luaL_setmetatable(L, LUN_PAGE);
	return slot;
}

static int fail(lua_State *L, int err)
{
	return luaL_error(L, "%s", strerror(-err));
}

/* page() -> page */
static int l_page(lua_State *L)
{
	struct lun_page **slot = new_page_slot(L);

	*slot = lun_page_new();
	return *slot ? 1 : fail(L, -ENOMEM);
}

static int l_page_close(lua_State *L)
{
	struct lun_page **slot = luaL_checkudata(L, 1, LUN_PAGE);

	lun_page_unref(*slot);
	*slot = NULL;
	return 0;
}

/* A string field of the table at idx, kept alive by the table; or NULL. */
static const char *opt_string(lua_State *L, int idx, const char *field)
{
	const char *s;

	lua_getfield(L, idx, field);
	s = luaL_optstring(L, -1, NULL);
	lua_pop(L, 1);
	return s;
}

static bool opt_bool(lua_State *L, int idx, const char *field)
{
	bool b;

	lua_getfield(L, idx, field);
	b = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return b;
}

static lua_Integer opt_integer(lua_State *L, int idx, const char *field, lua_Integer fallback)
{
	lua_Integer n;

	lua_getfield(L, idx, field);
	n = luaL_optinteger(L, -1, fallback);
	lua_pop(L, 1);
	return n;
}

/* page:family{ name, type, help, unit } -> number | nil, "exists" */
static int l_page_family(lua_State *L)
{
	struct lun_page *page = lun_page_check(L, 1);
	struct lun_metric_head head;
	int type, number;

	luaL_checktype(L, 2, LUA_TTABLE);
	head.name = opt_string(L, 2, "name");
	head.help = opt_string(L, 2, "help");
	head.unit = opt_string(L, 2, "unit");
	type = lun_metric_type_parse(
		opt_string(L, 2, "type") ? opt_string(L, 2, "type") : "unknown");
	luaL_argcheck(L, head.name && lun_metric_name_ok(head.name), 2, "name: not a metric's");
	luaL_argcheck(L, type >= 0, 2, "type: unknown");
	head.type = (enum lun_metric_type)type;
	number = lun_page_family(page, &head);
	if (number == -EEXIST) {
		luaL_pushfail(L);
		lua_pushliteral(L, "exists");
		return 2;
	}
	if (number < 0)
		return fail(L, number);
	lua_pushinteger(L, number);
	return 1;
}

static size_t check_bounds(lua_State *L, double *bounds)
{
	size_t n;

	lua_getfield(L, 4, "bounds");
	n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
	luaL_argcheck(L, n <= MAX_BOUNDS, 4, "bounds: too many");
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		bounds[i] = luaL_checknumber(L, -1);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return n;
}

/* Reads a label of a view: { name, value = constant } or { name, index = label of the groups }. */
static void check_view_label(
	lua_State *L, struct lun_metric_view_label *label, const struct lun_exported *exported)
{
	int idx = lua_gettop(L);
	lua_Integer index = opt_integer(L, idx, "index", 0);

	label->name = opt_string(L, idx, "name");
	label->value = opt_string(L, idx, "value");
	luaL_argcheck(L, label->name && lun_metric_label_ok(label->name), 4, "labels: a bad name");
	if (!label->value)
		luaL_argcheck(L, index >= 1 && (size_t)index <= lun_groups_labels(exported->groups),
			4, "labels: no such index");
	label->index = (size_t)index - 1;
}

static size_t check_view_labels(
	lua_State *L, struct lun_metric_view_label *labels, const struct lun_exported *exported)
{
	size_t n;

	lua_getfield(L, 4, "labels");
	n = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
	luaL_argcheck(L, n <= MAX_VIEW_LABELS, 4, "labels: too many");
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		luaL_checktype(L, -1, LUA_TTABLE);
		check_view_label(L, &labels[i], exported);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return n;
}

/* The number of cells, from `cell` on, that a view reads. */
static size_t cells_read(const struct lun_metric_view *view)
{
	return view->shape == LUN_METRIC_PLAIN_SHAPE ? 1 : view->n_bounds + 1;
}

/* page:view(family, exported, { shape, labels, cell, divisor, bounds, sum, one, exemplars }) */
static int l_page_view(lua_State *L)
{
	struct lun_page *page = lun_page_check(L, 1);
	lua_Integer family = luaL_checkinteger(L, 2);
	struct lun_exported *exported = lun_exported_check(L, 3);
	struct lun_metric_view_label labels[MAX_VIEW_LABELS];
	double bounds[MAX_BOUNDS];
	struct lun_metric_view view = { .labels = labels, .bounds = bounds };
	size_t n_cells = lun_groups_cells(exported->groups);
	int err;

	luaL_checktype(L, 4, LUA_TTABLE);
	lua_getfield(L, 4, "shape");
	view.shape = (enum lun_metric_shape)luaL_checkoption(L, -1, "plain", shapes);
	lua_getfield(L, 4, "divisor");
	view.divisor = luaL_optnumber(L, -1, 1);
	lua_pop(L, 2);
	view.n_bounds = check_bounds(L, bounds);
	view.n_labels = check_view_labels(L, labels, exported);
	view.cell = (size_t)opt_integer(L, 4, "cell", 1) - 1;
	view.sum = (int)opt_integer(L, 4, "sum", 0) - 1;
	view.one = opt_bool(L, 4, "one");
	view.exemplars = opt_bool(L, 4, "exemplars");
	luaL_argcheck(L, view.cell < n_cells && cells_read(&view) <= n_cells - view.cell, 4,
		"cell: no such cells");
	luaL_argcheck(L, view.sum < (int)n_cells, 4, "sum: no such cell");
	luaL_argcheck(
		L, family >= 0 && (size_t)family < lun_page_families(page), 2, "no such family");
	err = lun_page_view(page, (int)family, exported, &view);
	return err ? fail(L, err) : 0;
}

/* page:stream(family, source): takes the source over */
static int l_page_stream(lua_State *L)
{
	struct lun_page *page = lun_page_check(L, 1);
	lua_Integer family = luaL_checkinteger(L, 2);
	struct lun_source *source;
	int err;

	luaL_argcheck(
		L, family >= 0 && (size_t)family < lun_page_families(page), 2, "no such family");
	source = lun_source_take(L, 3);
	luaL_argcheck(L, source, 3, "no open source");
	err = lun_page_stream(page, (int)family, source);
	return err ? fail(L, err) : 0;
}

/* page:size() -> samples, whether it streams more */
static int l_page_size(lua_State *L)
{
	const struct lun_page *page = lun_page_check(L, 1);

	lua_pushinteger(L, (lua_Integer)lun_page_size(page));
	lua_pushboolean(L, lun_page_streams(page));
	return 2;
}

/* page:source("text" | "openmetrics") -> source */
static int l_page_source(lua_State *L)
{
	struct lun_page *page = lun_page_check(L, 1);
	enum lun_metric_format format =
		(enum lun_metric_format)luaL_checkoption(L, 2, "text", formats);
	struct lun_source **slot = lun_source_new(L);

	*slot = lun_page_source(page, format);
	return *slot ? 1 : fail(L, -ENOMEM);
}

int lun_metric_push_out(lua_State *L, struct lun_out *out)
{
	if (out->err)
		return fail(L, out->err);
	lua_pushlstring(L, out->data ? out->data : "", out->len);
	lun_out_free(out);
	return 1;
}

/* page:text("text" | "openmetrics") -> string; not of a page that streams */
static int l_page_text(lua_State *L)
{
	struct lun_page *page = lun_page_check(L, 1);
	enum lun_metric_format format =
		(enum lun_metric_format)luaL_checkoption(L, 2, "text", formats);
	struct lun_out *out = lun_push_buffer(L);
	struct lun_source *source;
	int more;

	luaL_argcheck(L, !lun_page_streams(page), 1, "the page streams: take its source");
	source = lun_page_source(page, format);
	if (!source)
		return fail(L, -ENOMEM);
	/* Each pull stops at 64 KiB, so it is repeated until the end. */
	do {
		more = source->pull(source, out);
	} while (more > 0);
	source->close(source);
	if (more < 0)
		out->err = more;
	return lun_metric_push_out(L, out);
}

/* share(key, seconds, wait) -> share (make the page in so many seconds, then share:finish(page))
 * | page that another scrape made | nil when none came within `wait` seconds */
static int l_share(lua_State *L)
{
	const char *key = luaL_checkstring(L, 1);
	double seconds = luaL_checknumber(L, 2), wait = luaL_checknumber(L, 3);
	struct lun_scrape_share **share =
		lua_newuserdatauv(L, sizeof(struct lun_scrape_share *), 0);
	struct lun_page **page;

	*share = NULL;
	luaL_setmetatable(L, LUN_SCRAPE_SHARE);
	page = new_page_slot(L);
	*share = lun_scrape_share_join(key, seconds, wait, page);
	lua_settop(L, *share ? 4 : 5);
	if (!*share && !*page)
		lua_pushnil(L);
	return 1;
}

/* share:finish([page]): waiting scrapes get the page; without one they make their own */
static int l_share_finish(lua_State *L)
{
	struct lun_scrape_share **slot = luaL_checkudata(L, 1, LUN_SCRAPE_SHARE);
	struct lun_page **page = luaL_testudata(L, 2, LUN_PAGE);

	if (*slot)
		lun_scrape_share_finish(*slot, page ? *page : NULL);
	*slot = NULL;
	return 0;
}

static const luaL_Reg functions[] = {
	{ "page", l_page },
	{ "share", l_share },
	{ NULL, NULL },
};

static const luaL_Reg page_methods[] = {
	{ "family", l_page_family },
	{ "view", l_page_view },
	{ "stream", l_page_stream },
	{ "size", l_page_size },
	{ "source", l_page_source },
	{ "text", l_page_text },
	{ "close", l_page_close },
	{ "__gc", l_page_close },
	{ "__close", l_page_close },
	{ NULL, NULL },
};

static const luaL_Reg share_methods[] = {
	{ "finish", l_share_finish },
	{ "__gc", l_share_finish },
	{ "__close", l_share_finish },
	{ NULL, NULL },
};

void lun_metric_open_page(lua_State *L)
{
	lun_metric_class(L, LUN_PAGE, page_methods);
	lun_metric_class(L, LUN_SCRAPE_SHARE, share_methods);
	luaL_setfuncs(L, functions, 0);
}
