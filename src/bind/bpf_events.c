/* object:events(name): what its programs send through a ring buffer or a perf buffer. */
#include "bind/bpf_events.h"

#include <bpf/btf.h>
#include <errno.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bind/bpf_load_options.h"
#include "bind/decode.h"
#include "bpf/decode/btf_plan.h"
#include "bpf/object/global.h"
#include "bpf/read/events.h"
#include "text/monotonic.h"
#include "vm/names.h"
#include "vm/push.h"
#include "vm/vm.h"

/* Indices of a handle's user values: the plan, and the object whose programs count losses. */
enum { PLAN = 1, OBJECT = 2 };

enum { PAGES = 64, MAX_PAGES = 1 << 16, BATCH = 4096, MAX_BATCH = 1 << 20, NAME = 64 };

static const double SLICE = 0.25; /* seconds of one wait; the run's end is checked between waits */

struct handle {
	struct lun_events *events;
	struct lun_out padded, text; /* members of the handle, so that an error frees them */
	bool partial;
	char name[NAME];
	uint64_t lost; /* the last value of the object's counter */
};

static struct handle *check_handle(lua_State *L)
{
	struct handle *h = luaL_checkudata(L, 1, LUN_EVENTS);

	if (!h->events)
		luaL_error(L, "events are closed");
	return h;
}

/* events:close() */
static int l_events_close(lua_State *L)
{
	struct handle *h = luaL_checkudata(L, 1, LUN_EVENTS);

	lun_events_close(h->events);
	h->events = NULL;
	lun_out_free(&h->padded);
	lun_out_free(&h->text);
	return 0;
}

/* The record's bytes for the plan, padded with zeros when the plan allows a shorter record. NULL
 * when the record is too short. */
static const uint8_t *plan_bytes(
	struct handle *h, const struct lun_event *event, const struct lun_plan *plan)
{
	char *room;

	if (event->len >= plan->size)
		return event->data;
	if (!h->partial)
		return NULL;
	lun_out_reset(&h->padded);
	room = lun_out_reserve(&h->padded, plan->size);
	if (!room)
		return NULL;
	memcpy(room, event->data, event->len);
	memset(room + event->len, 0, plan->size - event->len);
	return (const uint8_t *)room;
}

static void push_short(lua_State *L, const struct lun_event *event, const struct lun_plan *plan)
{
	lua_createtable(L, 0, 1);
	lua_pushfstring(L, "a record of %d bytes is shorter than its type, which has %d",
		(int)event->len, (int)plan->size);
	lua_setfield(L, -2, "error");
}

/* Pushes a record of the batch: decoded by the plan at plan_idx, or as a byte string. */
static void push_event(lua_State *L, struct handle *h, uint32_t index, int plan_idx)
{
	struct lun_event event = lun_events_at(h->events, index);
	const struct lun_plan *plan = lun_plan_test(L, plan_idx);
	const uint8_t *bytes = plan ? plan_bytes(h, &event, plan) : NULL;

	if (!plan)
		lua_pushlstring(L, (const char *)event.data, event.len);
	else if (!bytes)
		push_short(L, &event, plan);
	else
		lun_push_decoded(L, plan_idx, &(struct lun_bytes){ bytes, 1, 0 }, LUN_EACH_CPU);
}

static double opt_seconds(lua_State *L, int idx, double otherwise)
{
	double seconds = luaL_optnumber(L, idx, otherwise);

	luaL_argcheck(L, seconds >= 0 && seconds < 1e9, idx, "0 to 1e9 seconds");
	return seconds;
}

/* Waits in slices, so that the run can be ended. The number of records, or -errno. */
static int read_batch(lua_State *L, struct handle *h, double seconds)
{
	int n;

	do {
		double slice = fmin(fmin(seconds, SLICE), fmax(lun_vm_left(L), 0));

		n = lun_events_read(h->events, (int)ceil(slice * 1000));
		seconds -= SLICE;
		if (!n) /* records that were taken are given */
			lun_vm_charge(L, 1);
	} while (!n && seconds > 0);
	return n;
}

/* events:read([seconds]) -> list of records | nil, err, errno */
static int l_events_read(lua_State *L)
{
	struct handle *h = check_handle(L);
	int n = read_batch(L, h, opt_seconds(L, 2, 0));

	if (n < 0)
		return lun_push_error(L, n, h->name);
	lua_getiuservalue(L, 1, PLAN);
	lua_createtable(L, n, 0);
	for (int i = 0; i < n; i++) {
		push_event(L, h, (uint32_t)i, -2);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* Calls the function at 2 with each record of the batch; false when the function has returned
 * false. */
static bool call_batch(lua_State *L, struct handle *h, int n, int plan_idx)
{
	for (int i = 0; i < n; i++) {
		bool enough;

		lua_pushvalue(L, 2);
		push_event(L, h, (uint32_t)i, plan_idx);
		lua_call(L, 1, 1);
		enough = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
		lua_pop(L, 1);
		if (enough)
			return false;
		if (!h->events)
			luaL_error(L, "events are closed");
	}
	return true;
}

/* events:each(fn [, seconds]) -> count | nil, err, errno: until it answers false */
static int l_events_each(lua_State *L)
{
	struct handle *h = check_handle(L);
	double until = lun_monotonic() + opt_seconds(L, 3, 1e8), left;
	lua_Integer count = 0;
	int plan, n;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 3);
	lua_getiuservalue(L, 1, PLAN);
	plan = lua_gettop(L);
	while ((left = until - lun_monotonic()) > 0) {
		n = read_batch(L, h, fmin(left, SLICE));
		if (n < 0)
			return lun_push_error(L, n, h->name);
		count += n;
		if (!call_batch(L, h, n, plan))
			break;
	}
	lua_pushinteger(L, count);
	return 1;
}

/* The columns of the records that JSON lines have; none: all that the plan has. */
struct columns {
	struct lun_pick *picks;
	lua_Integer count;
};

/* Reads the list of names at 3; the picks stay on the stack. */
static void check_columns(lua_State *L, const struct lun_plan *plan, struct columns *columns)
{
	memset(columns, 0, sizeof(*columns));
	if (lua_isnoneornil(L, 3))
		return;
	luaL_checktype(L, 3, LUA_TTABLE);
	columns->count = luaL_len(L, 3);
	luaL_argcheck(L, columns->count > 0 && columns->count <= 1000, 3, "1 to 1000 names");
	columns->picks = lua_newuserdatauv(L, (size_t)columns->count * sizeof(*columns->picks), 0);
	for (lua_Integer i = 0; i < columns->count; i++) {
		lua_rawgeti(L, 3, i + 1);
		if (lun_plan_pick(plan, "record", luaL_checkstring(L, -1), &columns->picks[i]))
			luaL_error(L, "json: the records have no '%s'", lua_tostring(L, -1));
		lua_pop(L, 1);
	}
}

static void write_columns(const struct columns *columns, struct lun_ctx *ctx,
	const struct lun_plan *plan, const uint8_t *bytes, struct lun_json_sink *sink)
{
	struct lun_bytes record = { bytes, 1, 0 };

	lun_out_char(sink->out, '{');
	for (lua_Integer i = 0; i < columns->count; i++) {
		const struct lun_pick *pick = &columns->picks[i];

		lun_json_member(sink, pick->path);
		sink->comma = false; /* the value stands behind its name */
		lun_plan_visit_from(plan, ctx, &record, LUN_EACH_CPU, &sink->sink, pick->op,
			pick->offset - plan->ops[pick->op].offset);
		sink->comma = true;
	}
	lun_out_char(sink->out, '}');
}

static void write_json(const struct columns *columns, struct handle *h, struct lun_ctx *ctx,
	const struct lun_plan *plan, uint32_t index)
{
	struct lun_event event = lun_events_at(h->events, index);
	const uint8_t *bytes = plan_bytes(h, &event, plan);
	struct lun_json_sink sink;

	lun_json_sink_init(&sink, &h->text);
	if (bytes && columns->count)
		write_columns(columns, ctx, plan, bytes, &sink);
	else if (bytes)
		lun_plan_visit(
			plan, ctx, &(struct lun_bytes){ bytes, 1, 0 }, LUN_EACH_CPU, &sink.sink);
	else
		lun_out_printf(&h->text,
			"{\"error\":\"a record of %u bytes is shorter than its type, which has "
			"%u\"}",
			event.len, plan->size);
	lun_out_char(&h->text, '\n');
}

/* events:json([seconds [, columns]]) -> lines of JSON, count | nil, err, errno: made without Lua */
static int l_events_json(lua_State *L)
{
	struct handle *h = check_handle(L);
	const struct lun_plan *plan;
	struct columns columns;
	int n;

	lua_settop(L, 3);
	lua_getiuservalue(L, 1, PLAN);
	plan = lun_plan_test(L, -1);
	if (!plan || plan->funcs)
		return luaL_error(L, "json: needs a type or a decoder without Lua functions");
	check_columns(L, plan, &columns);
	n = read_batch(L, h, opt_seconds(L, 2, 0));
	lun_out_reset(&h->text);
	for (int i = 0; i < n; i++)
		write_json(&columns, h, lun_bind_ctx(L), plan, (uint32_t)i);
	if (n >= 0 && h->text.err)
		n = h->text.err;
	if (n < 0)
		return lun_push_error(L, n, h->name);
	lua_pushlstring(L, h->text.len ? h->text.data : "", h->text.len);
	lua_pushinteger(L, n);
	return 2;
}

/* Finds the object's variable NAME_lost, or lost, in which its programs count lost records. */
static bool find_counter(const struct bpf_object *obj, const char *name, struct lun_global *global)
{
	char own[NAME + 8];

	snprintf(own, sizeof(own), "%s_lost", name);
	if (lun_global_find(obj, own, global) && lun_global_find(obj, "lost", global))
		return false;
	return global->size == 8;
}

/* events:lost() -> count | nil: nil where nobody counts */
static int l_events_lost(lua_State *L)
{
	struct handle *h = check_handle(L);
	struct lun_global counter;
	struct lun_object *o;

	if (lun_events_is_perf(h->events)) {
		lua_pushinteger(L, (lua_Integer)lun_events_lost(h->events));
		return 1;
	}
	lua_getiuservalue(L, 1, OBJECT);
	o = lua_touserdata(L, -1);
	if (o->obj) {
		if (!find_counter(o->obj, h->name, &counter))
			return luaL_pushfail(L), 1;
		lun_global_read(&counter, (uint8_t *)&h->lost);
	}
	lua_pushinteger(L, (lua_Integer)h->lost);
	return 1;
}

/* events:plan() -> Plan | nil: of the records */
static int l_events_plan(lua_State *L)
{
	check_handle(L);
	lua_getiuservalue(L, 1, PLAN);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "plan", l_events_plan },
	{ "read", l_events_read },
	{ "each", l_events_each },
	{ "json", l_events_json },
	{ "lost", l_events_lost },
	{ "close", l_events_close },
	{ NULL, NULL },
};

void lun_bind_events(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_EVENTS, methods, l_events_close);
	lua_pop(L, 1);
}

static lua_Integer opt_count(lua_State *L, const char *key, lua_Integer otherwise, lua_Integer most)
{
	lua_Integer n = otherwise;

	if (lua_istable(L, 3)) {
		lua_getfield(L, 3, key);
		n = luaL_optinteger(L, -1, otherwise);
		lua_pop(L, 1);
	}
	if (n < 1 || n > most)
		luaL_error(L, "%s: from 1 to %d", key, (int)most);
	return n;
}

/* Pushes a plan of the struct with this name in the object's BTF; nil when it is missing and not
 * `needed`. */
static void push_type(lua_State *L, const struct bpf_object *obj, const char *name, bool needed)
{
	const struct btf *btf = bpf_object__btf(obj);
	int32_t id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -ENOENT;
	int64_t size = id > 0 ? btf__resolve_size(btf, (uint32_t)id) : -ENOENT;
	struct lun_plan *plan = NULL;
	int err = -ENOENT;

	if (size >= 0)
		plan = lun_btf_plan(btf, (uint32_t)id, (uint32_t)size, &err);
	if (plan)
		lun_plan_push(L, plan);
	else if (!btf && needed)
		luaL_error(L, "type: the object has no BTF, so it has no struct %s", name);
	else if (needed)
		luaL_error(L, "type: no struct %s in the object's BTF", name);
	else
		lua_pushnil(L);
}

/* Char arrays as C strings: a path may hold any byte before its NUL, and is no less a text. */
static void read_strings(struct lun_plan *plan)
{
	for (uint32_t i = 0; i < plan->nr_ops; i++) {
		if (plan->ops[i].kind == LUN_K_CHARS)
			plan->ops[i].flags &= (uint16_t)~LUN_OP_TEXT;
	}
}

/* Pushes the plan of the records: the one in the options at 3, or the one of "struct event". */
static void push_plan(lua_State *L, const struct lun_object *o)
{
	if (!lua_istable(L, 3)) {
		push_type(L, o->obj, "event", false);
		return;
	}
	if (lua_getfield(L, 3, "decoder") != LUA_TNIL) {
		lun_plan_check(L, -1);
		return;
	}
	lua_pop(L, 1);
	if (lua_getfield(L, 3, "type") == LUA_TBOOLEAN && !lua_toboolean(L, -1)) {
		lua_pop(L, 1);
		lua_pushnil(L);
	} else if (lua_isnil(L, -1)) {
		push_type(L, o->obj, "event", false);
	} else {
		push_type(L, o->obj, luaL_checkstring(L, -1), true);
	}
}

/* object:events(name [, { type = | decoder =, pages =, batch =, partial =, strings = }]) ->
 * Events <close> | nil, err, errno */
int l_object_events(lua_State *L)
{
	struct lun_object *o = lun_object_check(L);
	const char *name = luaL_checkstring(L, 2);
	int fd = bpf_object__find_map_fd_by_name(o->obj, name), err;
	lua_Integer pages = opt_count(L, "pages", PAGES, MAX_PAGES);
	lua_Integer batch = opt_count(L, "batch", BATCH, MAX_BATCH);
	struct handle *h;

	if (fd < 0)
		return luaL_error(L, "the object has no map '%s'", name);
	luaL_argcheck(L, !(pages & (pages - 1)), 3, "pages: a power of two is needed");
	lua_settop(L, 3);
	push_plan(L, o);
	if (lua_istable(L, 3) && lun_opt_bool(L, 3, "strings", false) && lun_plan_test(L, -1))
		read_strings(lun_plan_test(L, -1));
	h = lua_newuserdatauv(L, sizeof(*h), OBJECT);
	memset(h, 0, sizeof(*h));
	luaL_setmetatable(L, LUN_EVENTS);
	h->partial = lua_istable(L, 3) && lun_opt_bool(L, 3, "partial", false);
	snprintf(h->name, sizeof(h->name), "%s", name);
	lua_pushvalue(L, -2);
	lua_setiuservalue(L, -2, PLAN);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, OBJECT);
	err = lun_events_open(&h->events, fd, (size_t)pages, (uint32_t)batch);
	if (err == -EOPNOTSUPP)
		return lun_push_failure(
			L, err, "%s: neither a ring buffer nor a perf buffer", name);
	return err ? lun_push_error(L, err, name) : 1;
}
