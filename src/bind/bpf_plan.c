/*
 * bpf.plan(spec) -> Plan: a tree of nodes, as lunette.decode makes them, compiled. A node is
 * a table: kind, name, offset, size, flags by name, and for containers its members as a list.
 */
#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "bind/bpf.h"
#include "bind/decode.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/decode/btf_plan.h"

enum { MAX_NESTING = 64 };

static struct lun_plan **check_slot(lua_State *L, int idx)
{
	return luaL_checkudata(L, idx, LUN_PLAN_HANDLE);
}

struct lun_plan *lun_plan_test(lua_State *L, int idx)
{
	struct lun_plan **slot = luaL_testudata(L, idx, LUN_PLAN_HANDLE);

	return slot ? *slot : NULL;
}

struct lun_plan *lun_plan_check(lua_State *L, int idx)
{
	struct lun_plan *plan = *check_slot(L, idx);

	luaL_argcheck(L, plan, idx, "plan is not finished");
	return plan;
}

static int l_gc(lua_State *L)
{
	struct lun_plan **slot = check_slot(L, 1);

	lun_plan_unref(*slot);
	*slot = NULL;
	return 0;
}

/* Pushes an empty object with its user value { funcs = {}, shapes = {} }. */
static struct lun_plan **new_slot(lua_State *L)
{
	struct lun_plan **slot = lua_newuserdatauv(L, sizeof(*slot), 1);

	*slot = NULL;
	luaL_setmetatable(L, LUN_PLAN_HANDLE);
	lua_createtable(L, 0, 2);
	lua_newtable(L);
	lua_setfield(L, -2, "funcs");
	lua_newtable(L);
	lua_setfield(L, -2, "shapes");
	lua_setiuservalue(L, -2, 1);
	return slot;
}

struct pushing {
	struct lun_plan *plan;
};

static int push_plan(lua_State *L)
{
	*new_slot(L) = ((struct pushing *)lua_touserdata(L, 1))->plan;
	return 1;
}

void lun_plan_push(lua_State *L, struct lun_plan *plan)
{
	struct pushing pushing = { plan };

	lua_pushcfunction(L, push_plan);
	lua_pushlightuserdata(L, &pushing);
	if (lua_pcall(L, 1, 1, 0) == LUA_OK)
		return;
	lun_plan_unref(plan);
	lua_error(L);
}

/* Fields of the node on the top of the stack. */
static uint32_t field_u32(lua_State *L, const char *key, uint32_t otherwise)
{
	lua_Integer v = otherwise;

	if (lua_getfield(L, -1, key) != LUA_TNIL)
		v = luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	if (v < 0 || v > UINT32_MAX)
		luaL_error(L, "plan: %s is out of range", key);
	return (uint32_t)v;
}

static bool field_bool(lua_State *L, const char *key)
{
	bool v;

	lua_getfield(L, -1, key);
	v = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return v;
}

/* The string stays valid while the node's table holds it. */
static const char *field_str(lua_State *L, const char *key)
{
	const char *s;

	lua_getfield(L, -1, key);
	s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	lua_pop(L, 1);
	return s;
}

static void read_op(lua_State *L, struct lun_op *op)
{
	const char *kind = field_str(L, "kind"), *reduce = field_str(L, "reduce");
	int parsed = reduce ? lun_reduce_parse(reduce) : 0;
	uint32_t bits;

	if (!kind || lun_op_parse(kind, op))
		luaL_error(L, "plan: no kind '%s'", kind ? kind : "?");
	if (parsed < 0)
		luaL_error(L, "cpus: unknown method '%s' (sum, min, max, avg, last)", reduce);
	op->reduce = (uint8_t)parsed;
	op->offset = field_u32(L, "offset", 0);
	op->size = field_u32(L, "size", op->size);
	op->count = field_u32(L, "count", 0);
	op->arg = field_u32(L, "map", 0);
	bits = field_u32(L, "bit_size", 0);
	if (bits > 64 || field_u32(L, "bit_offset", 0) > 63)
		luaL_error(L, "plan: a bit field has at most 64 bits");
	op->bit_size = (uint8_t)bits;
	op->bit_offset = (uint8_t)field_u32(L, "bit_offset", 0);
	if (field_bool(L, "be"))
		op->flags |= LUN_OP_BE;
	if (field_bool(L, "signed"))
		op->flags |= LUN_OP_SIGNED;
	if (field_bool(L, "mirrored"))
		op->flags |= LUN_OP_MIRRORED;
	if (field_bool(L, "if_set"))
		op->flags |= LUN_OP_IF_SET;
	if (field_bool(L, "to_zero"))
		op->flags |= LUN_OP_TO_ZERO;
	if (field_bool(L, "padded"))
		op->flags |= LUN_OP_PADDED;
	if (field_bool(L, "log2"))
		op->flags |= LUN_OP_LOG2;
}

static int fail(lua_State *L, int err)
{
	return luaL_error(
		L, "plan: %s", err == -E2BIG ? "too large, or nested too deeply" : strerror(-err));
}

/* Adds items = { { value, name }… } of the node on top. */
static void add_items(lua_State *L, struct lun_plan *plan, struct lun_op *op)
{
	int err = lun_plan_enum(plan, &op->arg);

	if (lua_getfield(L, -1, "items") != LUA_TTABLE)
		luaL_error(L, "plan: an enum needs its items");
	for (lua_Integer i = 1; !err && i <= luaL_len(L, -1); i++) {
		lua_rawgeti(L, -1, i); // node, items, item
		luaL_checktype(L, -1, LUA_TTABLE);
		lua_rawgeti(L, -1, 1);
		lua_rawgeti(L, -2, 2);
		err = lun_plan_enum_item(plan, luaL_checkinteger(L, -2), luaL_checkstring(L, -1));
		lua_pop(L, 3);
	}
	lua_pop(L, 1);
	if (err)
		fail(L, err);
}

/* Adds the node's function to the plan's list (user value at `user`). */
static void add_func(lua_State *L, int user, struct lun_op *op)
{
	lua_getfield(L, user, "funcs");
	op->arg = (uint32_t)lua_rawlen(L, -1) + 1;
	if (lua_getfield(L, -2, "func") != LUA_TFUNCTION)
		luaL_error(L, "plan: a func node needs a function");
	lua_rawseti(L, -2, op->arg);
	lua_pop(L, 1);
}

static void add_btf(lua_State *L, struct lun_plan *plan)
{
	uint32_t id = field_u32(L, "type_id", 0), size = field_u32(L, "size", 0);
	const char *name = field_str(L, "name");
	const struct btf *btf;
	int err;

	lua_getfield(L, -1, "btf");
	btf = lun_btf_check(L, -1);
	lua_pop(L, 1);
	err = lun_btf_add(plan, btf, id, field_u32(L, "offset", 0), size, name);
	if (err)
		fail(L, err);
}

/* Adds the node on the top of the stack. */
static void add_node(lua_State *L, struct lun_plan *plan, int user, int depth)
{
	struct lun_op op = { 0 };
	const char *name = field_str(L, "name"), *unit = field_str(L, "unit");
	int err;

	luaL_checkstack(L, 10, "plan");
	if (depth > MAX_NESTING)
		fail(L, -E2BIG);
	if (!strcmp(field_str(L, "kind") ? field_str(L, "kind") : "", "btf")) {
		add_btf(L, plan);
		return;
	}
	read_op(L, &op);
	if (op.kind == LUN_K_ENUM || op.kind == LUN_K_FLAGS)
		add_items(L, plan, &op);
	if (op.kind == LUN_K_FUNC)
		add_func(L, user, &op);
	err = lun_op_is_container(op.kind) ? lun_plan_open(plan, &op, name)
					   : lun_plan_leaf(plan, &op, name);
	if (!err && unit)
		err = lun_plan_unit(plan, unit);
	if (err)
		fail(L, err);
	if (!lun_op_is_container(op.kind))
		return;
	for (lua_Integer i = 1; i <= luaL_len(L, -1); i++) {
		lua_rawgeti(L, -1, i); // node, member
		luaL_checktype(L, -1, LUA_TTABLE);
		add_node(L, plan, user, depth + 1);
		lua_pop(L, 1);
	}
	err = lun_plan_close(plan);
	if (err)
		fail(L, err);
}

/* bpf.plan(spec [, size]) -> Plan; raises on a spec that is wrong */
static int l_plan(lua_State *L)
{
	lua_Integer size;
	struct lun_plan **slot;

	luaL_checktype(L, 1, LUA_TTABLE);
	size = luaL_optinteger(L, 2, UINT32_MAX);
	luaL_argcheck(L, size >= 0 && size <= UINT32_MAX, 2, "size is out of range");
	lua_settop(L, 2);
	slot = new_slot(L);
	lua_getiuservalue(L, 3, 1);
	*slot = lun_plan_new();
	if (!*slot)
		return luaL_error(L, "plan: not enough memory");
	lua_pushvalue(L, 1);
	add_node(L, *slot, 4, 0);
	if (lun_plan_finish(*slot, (uint32_t)size))
		return luaL_error(L,
			"plan: a field lies outside, or has a size that its kind "
			"can't have");
	lua_settop(L, 3);
	return 1;
}

static struct lun_plan *check_bytes(lua_State *L, struct lun_bytes *bytes)
{
	struct lun_plan *plan = lun_plan_check(L, 1);
	size_t len;

	bytes->data = (const uint8_t *)luaL_checklstring(L, 2, &len);
	bytes->cpus = 1;
	bytes->stride = (uint32_t)len;
	luaL_argcheck(L, len >= plan->size, 2, "fewer bytes than the plan reads");
	return plan;
}

/* Joins the list at 2, one string per CPU, in a buffer that is pushed. */
static void check_cpus(lua_State *L, struct lun_bytes *bytes)
{
	uint32_t size = lun_plan_check(L, 1)->size;
	lua_Integer cpus = luaL_len(L, 2);
	uint8_t *all;

	luaL_argcheck(L, cpus >= 1 && cpus <= INT16_MAX, 2, "needs the bytes of each CPU");
	all = lua_newuserdatauv(L, (size_t)cpus * size + 1, 0);
	for (lua_Integer cpu = 0; cpu < cpus; cpu++) {
		const char *one;
		size_t len;

		lua_rawgeti(L, 2, cpu + 1);
		one = luaL_checklstring(L, -1, &len);
		luaL_argcheck(L, len >= size, 2, "fewer bytes than the plan reads");
		memcpy(all + (size_t)cpu * size, one, size);
		lua_pop(L, 1);
	}
	*bytes = (struct lun_bytes){ all, (uint32_t)cpus, size };
}

/* plan:decode(bytes) -> value; plan:decode(list [, reduce]) -> the CPUs' value made one */
static int l_decode(lua_State *L)
{
	int reduce = lun_reduce_parse(luaL_optstring(L, 3, "sum"));
	struct lun_bytes bytes;

	luaL_argcheck(L, reduce >= 0, 3, "cpus: unknown method (sum, min, max, avg, last)");
	if (lua_istable(L, 2))
		check_cpus(L, &bytes);
	else
		check_bytes(L, &bytes);
	lun_push_decoded(L, 1, &bytes, (uint8_t)reduce);
	return 1;
}

/* plan:json(bytes) -> text; Lua functions come as null */
static int l_json(lua_State *L)
{
	struct lun_json_sink sink;
	struct lun_bytes bytes;
	struct lun_plan *plan = check_bytes(L, &bytes);
	struct lun_out *out = lun_push_buffer(L);

	lun_json_sink_init(&sink, out);
	lun_plan_visit(plan, lun_bind_ctx(L), &bytes, LUN_EACH_CPU, &sink.sink);
	if (out->err)
		return luaL_error(L, "not enough memory");
	lua_pushlstring(L, out->data, out->len);
	lun_out_free(out);
	return 1;
}

/* plan:columns(root) -> { { name, type, unit, offset, size }… } */
static int l_columns(lua_State *L)
{
	const struct lun_plan *plan = lun_plan_check(L, 1);
	const char *root = luaL_checkstring(L, 2);
	uint32_t n = lun_plan_columns(plan, root, NULL, 0);
	struct lun_pick *picks = lua_newuserdatauv(L, (n + 1) * sizeof(*picks), 0);

	lun_plan_columns(plan, root, picks, n);
	lua_createtable(L, (int)n, 0);
	for (uint32_t i = 0; i < n; i++) {
		lun_push_column(L, plan, &picks[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* plan:size() -> bytes that it reads */
static int l_size(lua_State *L)
{
	lua_pushinteger(L, lun_plan_check(L, 1)->size);
	return 1;
}

/* plan:calls_lua() -> whether a Lua function is in it */
static int l_calls_lua(lua_State *L)
{
	lua_pushboolean(L, lun_plan_check(L, 1)->funcs > 0);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "decode", l_decode },
	{ "encode", l_plan_encode },
	{ "encode_column", l_plan_encode_column },
	{ "compared", l_plan_compared },
	{ "json", l_json },
	{ "columns", l_columns },
	{ "size", l_size },
	{ "calls_lua", l_calls_lua },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "plan", l_plan },
	{ NULL, NULL },
};

void lun_bind_plans(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_PLAN_HANDLE, methods, l_gc);
	lua_pop(L, 1);
	luaL_setfuncs(L, functions, 0);
}
