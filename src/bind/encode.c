/*
 * plan:encode(value [, before [, name]]): a Lua value as the bytes that the plan decodes to it.
 * Fields that are not given keep the bytes of `before`, or are zero.
 */
#include "bpf/decode/encode.h"

#include <lauxlib.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "bind/decode.h"
#include "bpf/read/map_top.h"
#include "vm/push.h"

enum { MAX_PATH = 200 };

struct encoder {
	lua_State *L;
	const struct lun_plan *plan;
	uint8_t *bytes;
	uint32_t at, base; /* position of the operation in the plan, and offset of its container */
	char path[MAX_PATH];
};

static void encode_at(struct encoder *e, uint32_t at, uint32_t base);

/* Raises an error. The caller runs protected and returns the message. */
static void refuse(struct encoder *e, const char *reason)
{
	lua_pushfstring(e->L, "%s: %s", e->path, reason);
	lua_error(e->L);
}

static size_t enter(struct encoder *e, const char *fmt, const char *name, lua_Integer index)
{
	size_t len = strlen(e->path);

	if (name)
		lua_pushfstring(e->L, fmt, name);
	else
		lua_pushfstring(e->L, fmt, index);
	strncat(e->path, lua_tostring(e->L, -1), sizeof(e->path) - len - 1);
	lua_pop(e->L, 1);
	return len;
}

/* A number, text or boolean at idx; false for anything else. */
static bool to_value(lua_State *L, int idx, struct lun_value *in)
{
	switch (lua_type(L, idx)) {
	case LUA_TNUMBER:
		in->kind = lua_isinteger(L, idx) ? LUN_V_I64 : LUN_V_DOUBLE;
		if (in->kind == LUN_V_I64)
			in->i = lua_tointeger(L, idx);
		else
			in->d = lua_tonumber(L, idx);
		return true;
	case LUA_TSTRING:
		in->kind = LUN_V_STR;
		in->s = lua_tolstring(L, idx, &in->len);
		return true;
	case LUA_TBOOLEAN:
		in->kind = LUN_V_BOOL;
		in->b = lua_toboolean(L, idx);
		return true;
	default:
		return false;
	}
}

static void encode_leaf(struct encoder *e, const struct lun_op *op, uint32_t at)
{
	char error[LUN_ENCODE_ERROR] = "";
	struct lun_value in = { .kind = LUN_V_NULL };
	lua_State *L = e->L;

	if (!to_value(L, -1, &in)) {
		lua_pushfstring(L, "needs a value, not a %s", luaL_typename(L, -1));
		refuse(e, lua_tostring(L, -1));
	}
	if (lun_leaf_encode(e->plan, op, &in, e->bytes + at, error))
		refuse(e, error);
}

static void encode_array(struct encoder *e, const struct lun_op *op, uint32_t at, uint32_t base)
{
	uint32_t each = op->count ? op->size / op->count : 0;
	lua_Integer n;

	if (!lua_istable(e->L, -1))
		refuse(e, "needs a list");
	n = luaL_len(e->L, -1);
	if (n > (lua_Integer)op->count) {
		lua_pushfstring(
			e->L, "has %d elements, there is room for %d", (int)n, (int)op->count);
		refuse(e, lua_tostring(e->L, -1));
	}
	for (lua_Integer i = 0; i < n; i++) {
		size_t len = enter(e, "[%I]", NULL, i);

		lua_rawgeti(e->L, -1, i + 1);
		encode_at(e, at + 1, base + (uint32_t)i * each);
		lua_pop(e->L, 1);
		e->path[len] = '\0';
	}
}

/* True when the table on top has this member; for an anonymous member, one of its members. */
static uint32_t encode_members(struct encoder *e, uint32_t at, uint32_t base)
{
	const struct lun_op *ops = e->plan->ops;
	uint32_t taken = 0;

	for (uint32_t i = at + 1; i < ops[at].next; i = ops[i].next) {
		const char *name = lun_plan_str(e->plan, ops[i].name);
		size_t len;

		if (!name) {
			if (ops[i].kind == LUN_K_STRUCT || ops[i].kind == LUN_K_UNION)
				taken += encode_members(e, i, base + ops[i].offset);
			continue;
		}
		if (lua_getfield(e->L, -1, name) != LUA_TNIL) {
			len = enter(e, ".%s", name, 0);
			encode_at(e, i, base);
			e->path[len] = '\0';
			taken++;
		}
		lua_pop(e->L, 1);
	}
	return taken;
}

static bool has_member(const struct lun_plan *plan, uint32_t at, const char *name)
{
	for (uint32_t i = at + 1; i < plan->ops[at].next; i = plan->ops[i].next) {
		const char *have = lun_plan_str(plan, plan->ops[i].name);

		if (have ? !strcmp(have, name)
			 : (plan->ops[i].kind == LUN_K_STRUCT ||
				   plan->ops[i].kind == LUN_K_UNION) &&
					has_member(plan, i, name))
			return true;
	}
	return false;
}

/* Appends the members' names to the text on top. */
static void list_members(struct encoder *e, uint32_t at)
{
	const struct lun_op *ops = e->plan->ops;

	for (uint32_t i = at + 1; i < ops[at].next; i = ops[i].next) {
		const char *name = lun_plan_str(e->plan, ops[i].name);

		if (name) {
			lua_pushfstring(e->L, "%s%s%s", lua_tostring(e->L, -1),
				lua_rawlen(e->L, -1) ? ", " : "", name);
			lua_replace(e->L, -2);
		} else if (ops[i].kind == LUN_K_STRUCT || ops[i].kind == LUN_K_UNION) {
			list_members(e, i);
		}
	}
}

static void refuse_name(struct encoder *e, uint32_t at, const char *name)
{
	lua_pushliteral(e->L, "");
	list_members(e, at);
	lua_pushfstring(e->L, "no field '%s'; there are %s", name, lua_tostring(e->L, -1));
	refuse(e, lua_tostring(e->L, -1));
}

static void check_names(struct encoder *e, uint32_t at)
{
	lua_pushnil(e->L);
	while (lua_next(e->L, -2)) {
		lua_pop(e->L, 1);
		if (lua_type(e->L, -1) != LUA_TSTRING)
			refuse(e, "needs an object with named fields");
		if (!has_member(e->plan, at, lua_tostring(e->L, -1)))
			refuse_name(e, at, lua_tostring(e->L, -1));
	}
}

static void encode_struct(struct encoder *e, uint32_t at, uint32_t base)
{
	if (!lua_istable(e->L, -1))
		refuse(e, "needs an object with named fields");
	check_names(e, at);
	encode_members(e, at, base);
}

/* Encodes the value on top by the operation at `at`; its container begins at `base`. */
static void encode_at(struct encoder *e, uint32_t at, uint32_t base)
{
	const struct lun_op *op = &e->plan->ops[at];

	luaL_checkstack(e->L, 8, "encode");
	if (lua_islightuserdata(e->L, -1)) /* JSON's null */
		return;
	if (op->kind == LUN_K_ARRAY)
		encode_array(e, op, at, base + op->offset);
	else if (lun_op_is_container(op->kind))
		encode_struct(e, at, base + op->offset);
	else
		encode_leaf(e, op, base + op->offset);
}

/* run(encoder, value), protected */
static int run(lua_State *L)
{
	struct encoder *e = lua_touserdata(L, 1);

	lua_settop(L, 2);
	e->L = L;
	encode_at(e, e->at, e->base);
	return 0;
}

/* Encodes the value at 2 over a copy of the bytes. Pushes the bytes, or nil and a message. */
static int push_encoded(lua_State *L, struct encoder *e, const char *before, size_t len)
{
	e->bytes = lua_newuserdatauv(L, len + 1, 0);
	if (before)
		memcpy(e->bytes, before, len);
	else
		memset(e->bytes, 0, len);
	lua_pushcfunction(L, run);
	lua_pushlightuserdata(L, e);
	lua_pushvalue(L, 2);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
		luaL_pushfail(L);
		lua_insert(L, -2);
		return 2;
	}
	lua_pushlstring(L, (const char *)e->bytes, len);
	return 1;
}

static void set_path(struct encoder *e, const char *name)
{
	strncpy(e->path, name, sizeof(e->path) - 1);
}

/* plan:encode(value [, before [, name]]) -> bytes | nil, err: `before` has the bytes of
 * missing fields, and the length of the result; `name` begins the message */
int l_plan_encode(lua_State *L)
{
	struct encoder e = { .plan = lun_plan_check(L, 1) };
	size_t len;
	const char *before = luaL_optlstring(L, 3, NULL, &len);

	if (!before)
		len = e.plan->size;
	luaL_argcheck(L, len >= e.plan->size, 3, "fewer bytes than the plan reads");
	luaL_checkany(L, 2);
	set_path(&e, luaL_optstring(L, 4, "value"));
	return push_encoded(L, &e, before, len);
}

/* plan:encode_column(value, before, name, path, root) -> bytes | nil, err: one column alone, as
 * columns(root) names it */
int l_plan_encode_column(lua_State *L)
{
	struct encoder e = { .plan = lun_plan_check(L, 1) };
	size_t len;
	const char *before = luaL_checklstring(L, 3, &len);
	const char *path = luaL_checkstring(L, 5), *root = luaL_checkstring(L, 6);
	struct lun_pick pick;

	luaL_argcheck(L, len >= e.plan->size, 3, "fewer bytes than the plan reads");
	luaL_argcheck(L, !lun_plan_pick(e.plan, root, path, &pick), 5, "no such column");
	set_path(&e, luaL_checkstring(L, 4));
	e.at = pick.op;
	e.base = pick.offset - e.plan->ops[pick.op].offset;
	return push_encoded(L, &e, before, len);
}

static const struct lun_op *check_column(lua_State *L, const struct lun_plan *plan)
{
	lua_Integer index = luaL_checkinteger(L, 2);
	struct lun_pick *picks;

	luaL_argcheck(L, index >= 1 && index <= (lua_Integer)lun_plan_columns(plan, "", NULL, 0), 2,
		"no such column");
	picks = lua_newuserdatauv(L, (size_t)index * sizeof(*picks), 0);
	lun_plan_columns(plan, "", picks, (uint32_t)index);
	return &plan->ops[picks[index - 1].op];
}

static void push_rank(lua_State *L, const struct lun_value *wanted)
{
	struct lun_out *out = lun_push_buffer(L);
	struct lun_rank rank = { .kind = (uint8_t)wanted->kind, .u = wanted->u };

	if (wanted->kind == LUN_V_STR) {
		lun_out_char(out, 't');
		lun_out_mem(out, wanted->s, wanted->len);
	} else {
		lun_rank_write(out, &rank);
	}
	if (out->err)
		luaL_error(L, "not enough memory");
	lua_pushlstring(L, out->data, out->len);
	lun_out_free(out);
}

/* plan:compared(column, value) -> rank, by | nil, err: what the cells of the column with this
 * number are compared with, and how: "order", "number", "text" or "made" */
int l_plan_compared(lua_State *L)
{
	static const char *const names[] = { "order", "number", "text", "made" };
	const struct lun_plan *plan = lun_plan_check(L, 1);
	const struct lun_op *op = check_column(L, plan);
	char error[LUN_ENCODE_ERROR] = "";
	struct lun_value in = { .kind = LUN_V_NULL }, wanted;
	enum lun_compare by;

	luaL_argcheck(L, to_value(L, 3, &in), 3, "a number, text or boolean is needed");
	if (lun_order_wanted(plan, op, lun_bind_ctx(L), &in, &wanted, &by, error)) {
		luaL_pushfail(L);
		lua_pushstring(L, *error ? error : "not enough memory");
		return 2;
	}
	push_rank(L, &wanted);
	lua_pushstring(L, names[by]);
	return 2;
}
