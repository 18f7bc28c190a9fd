#include "bind/decode.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "vm/names.h"
#include "vm/push.h"

enum { MAX_DEPTH = 44 };

struct level {
	const char *name; /* the key of the container in its parent */
	lua_Integer items;
	bool list;
};

struct lua_sink {
	struct lun_sink sink;
	lua_State *L;
	const struct lun_plan *plan;
	int plan_idx;
	int depth;
	struct level levels[MAX_DEPTH];
};

static int ctx_gc(lua_State *L)
{
	lun_ctx_free(lua_touserdata(L, 1));
	return 0;
}

struct lun_ctx *lun_bind_ctx(lua_State *L)
{
	struct lun_ctx *ctx;

	if (lua_getfield(L, LUA_REGISTRYINDEX, "lunette.ctx") == LUA_TNIL) {
		lua_pop(L, 1);
		ctx = lua_newuserdatauv(L, sizeof(*ctx), 0);
		lun_ctx_init(ctx);
		lua_createtable(L, 0, 1);
		lua_pushcfunction(L, ctx_gc);
		lua_setfield(L, -2, "__gc");
		lua_setmetatable(L, -2);
		lua_pushvalue(L, -1);
		lua_setfield(L, LUA_REGISTRYINDEX, "lunette.ctx");
	}
	ctx = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return ctx;
}

/* Stores the value on top in the container below it. */
static void attach(struct lua_sink *s, const char *name)
{
	struct level *level = &s->levels[s->depth];

	if (!s->depth)
		return;
	if (name)
		lua_setfield(s->L, -2, name);
	else
		lua_rawseti(s->L, -2, ++level->items);
}

static void push_value(lua_State *L, const struct lun_value *value)
{
	switch (value->kind) {
	case LUN_V_NULL:
		lua_pushnil(L);
		break;
	case LUN_V_BOOL:
		lua_pushboolean(L, value->b);
		break;
	case LUN_V_DOUBLE:
		lua_pushnumber(L, value->d);
		break;
	case LUN_V_STR:
		lua_pushlstring(L, value->s, value->len);
		break;
	default:
		lua_pushinteger(L, (lua_Integer)value->u);
	}
}

/* Appends the names of a struct's members, including those of anonymous members, to the list on
 * top. */
static void push_names(lua_State *L, const struct lun_plan *plan, uint32_t at)
{
	for (uint32_t i = at + 1; i < plan->ops[at].next; i = plan->ops[i].next) {
		const char *name = lun_plan_str(plan, plan->ops[i].name);

		if (!name && plan->ops[i].kind != LUN_K_ARRAY &&
			lun_op_is_container(plan->ops[i].kind)) {
			push_names(L, plan, i);
		} else if (name) {
			lua_pushstring(L, name);
			lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
		}
	}
}

/* Gives the table on top the metatable with the order of its fields. */
static void set_shape(struct lua_sink *s, const struct lun_op *op)
{
	uint32_t at = (uint32_t)(op - s->plan->ops);
	lua_State *L = s->L;

	lua_getiuservalue(L, s->plan_idx, 1);
	lua_getfield(L, -1, "shapes");
	lua_remove(L, -2); // table, shapes
	if (lua_rawgeti(L, -1, at + 1) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_createtable(L, 0, 1);
		lua_newtable(L);
		push_names(L, s->plan, at);
		lua_setfield(L, -2, "order");
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, at + 1); // table, shapes, shape
	}
	lua_remove(L, -2);
	lua_setmetatable(L, -2);
}

static void sink_open(struct lun_sink *sink, const struct lun_op *op, const char *name)
{
	struct lua_sink *s = (struct lua_sink *)sink;
	bool list = op->kind == LUN_K_ARRAY;

	luaL_checkstack(s->L, 8, "decode");
	if (s->depth + 1 >= MAX_DEPTH)
		luaL_error(s->L, "decode: nested too deeply");
	lua_createtable(s->L, list ? (int)op->count : 0, list ? 0 : 4);
	if (!list)
		set_shape(s, op);
	s->levels[++s->depth] = (struct level){ .name = name, .list = list };
}

static void sink_close(struct lun_sink *sink, const struct lun_op *op)
{
	struct lua_sink *s = (struct lua_sink *)sink;
	const char *name = s->levels[s->depth--].name;

	(void)op;
	attach(s, name);
}

static void sink_value(struct lun_sink *sink, const char *name, const struct lun_value *value)
{
	struct lua_sink *s = (struct lua_sink *)sink;

	push_value(s->L, value);
	attach(s, name);
}

static void sink_func(struct lun_sink *sink, const struct lun_op *op, const char *name,
	const struct lun_bytes *bytes, uint32_t offset)
{
	struct lua_sink *s = (struct lua_sink *)sink;

	lun_push_func_result(s->L, s->plan_idx, op, bytes, offset);
	attach(s, name);
}

/* Pushes the function's argument: one string, or a list when it gets all CPUs' values. */
static void push_func_bytes(
	lua_State *L, const struct lun_op *op, const struct lun_bytes *bytes, uint32_t offset)
{
	if (bytes->cpus == 1) {
		lua_pushlstring(L, (const char *)bytes->data + offset, op->size);
		return;
	}
	lua_createtable(L, (int)bytes->cpus, 0);
	for (uint32_t cpu = 0; cpu < bytes->cpus; cpu++) {
		lua_pushlstring(L, (const char *)bytes->data + (size_t)cpu * bytes->stride + offset,
			op->size);
		lua_rawseti(L, -2, cpu + 1);
	}
}

void lun_push_func_result(lua_State *L, int plan_idx, const struct lun_op *op,
	const struct lun_bytes *bytes, uint32_t offset)
{
	luaL_checkstack(L, 6, "decode");
	lua_getiuservalue(L, plan_idx, 1);
	lua_getfield(L, -1, "funcs");
	lua_rawgeti(L, -1, op->arg);
	lua_replace(L, -3);
	lua_pop(L, 1); // function
	push_func_bytes(L, op, bytes, offset);
	if (lua_pcall(L, 1, 1, 0) == LUA_OK)
		return;
	luaL_tolstring(L, -1, NULL);
	lua_remove(L, -2);
	lua_createtable(L, 0, 1);
	lua_insert(L, -2);
	lua_setfield(L, -2, "error");
}

void lun_push_decoded(lua_State *L, int plan_idx, const struct lun_bytes *bytes, uint8_t reduce)
{
	struct lua_sink s = {
		.sink = { sink_open, sink_close, sink_value, sink_func, false },
		.L = L,
		.plan = lun_plan_test(L, plan_idx),
		.plan_idx = lua_absindex(L, plan_idx),
	};

	lun_plan_visit(s.plan, lun_bind_ctx(L), bytes, reduce, &s.sink);
}

void lun_push_decoded_value(
	lua_State *L, int plan_idx, const struct lun_entry_format *view, const uint8_t *value)
{
	struct lun_bytes bytes = lun_entry_format_values(view, value);

	plan_idx = lua_absindex(L, plan_idx);
	if (!lun_entry_format_each_cpu(view)) {
		lun_push_decoded(L, plan_idx, &bytes, view->reduce);
		return;
	}
	lua_createtable(L, (int)view->cpus, 0);
	for (uint32_t cpu = 0; cpu < view->cpus; cpu++) {
		bytes = lun_entry_format_cpu(view, value, cpu);
		lun_push_decoded(L, plan_idx, &bytes, LUN_EACH_CPU);
		lua_rawseti(L, -2, cpu + 1);
	}
}

static int read_reduce(lua_State *L, int idx)
{
	const char *name;
	int reduce = LUN_EACH_CPU;

	if (lua_getfield(L, idx, "reduce") != LUA_TNIL) {
		name = luaL_checkstring(L, -1);
		reduce = lun_reduce_parse(name);
		if (reduce < 0)
			luaL_error(L, "cpus: unknown method '%s' (sum, min, max, avg, last)", name);
	}
	lua_pop(L, 1);
	return reduce;
}

int lun_push_view(lua_State *L, int idx, const struct lun_map *map, bool each_cpu,
	struct lun_entry_format *view)
{
	int reduce = each_cpu ? LUN_EACH_CPU : read_reduce(L, idx);
	struct lun_plan *key, *value;

	idx = lua_absindex(L, idx);
	lua_getfield(L, idx, "key_plan");
	lua_getfield(L, idx, "value_plan");
	key = lun_plan_test(L, -2);
	value = lun_plan_test(L, -1);
	if (!key || !value)
		return luaL_error(L, "a decoder needs its key_plan and value_plan");
	if (!lun_entry_format_init(view, map, key, value, (uint8_t)reduce))
		return 0;
	return lun_push_failure(L, -EMSGSIZE,
		"the decoder reads %u bytes of key and %u of value, the map has %u and %u",
		key->size, value->size, map->info.key_size, map->stride);
}
