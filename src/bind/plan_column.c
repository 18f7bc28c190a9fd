/* Describes a plan's column: its name, type, and how to read its numbers. */
#include "bind/decode.h"

#include <lauxlib.h>

#include "vm/push.h"

/*
 * "u64" or "i64" for integers wider than 32 bits, which JSON needs as text. Lua's integers are
 * signed, so this also tells how to show negative ones.
 */
static const char *wide_type(const struct lun_op *op)
{
	uint32_t bits = op->bit_size ? op->bit_size : op->size * 8;

	if (bits <= 32)
		return NULL;
	switch (op->kind) {
	case LUN_K_UINT:
	case LUN_K_DURATION:
		return "u64";
	case LUN_K_INT:
		return "i64";
	case LUN_K_BITS:
	case LUN_K_ENUM:
		return op->flags & LUN_OP_SIGNED ? "i64" : "u64";
	default:
		return NULL;
	}
}

static bool push_wide(lua_State *L, const struct lun_plan *plan, uint32_t at);

/* Adds the wide members of the struct to the table on top; true when there was one. */
static bool add_members(lua_State *L, const struct lun_plan *plan, uint32_t at)
{
	const struct lun_op *ops = plan->ops;
	bool any = false;

	for (uint32_t i = at + 1; i < ops[at].next; i = ops[i].next) {
		const char *name = lun_plan_str(plan, ops[i].name);

		if (!name && lun_op_is_container(ops[i].kind) && ops[i].kind != LUN_K_ARRAY) {
			any = add_members(L, plan, i) || any;
		} else if (name && push_wide(L, plan, i)) {
			lua_setfield(L, -2, name);
			any = true;
		}
	}
	return any;
}

/* Pushes the wide type, a table of its members' types, or for an array its elements'. False: pushes
 * nothing. */
static bool push_wide(lua_State *L, const struct lun_plan *plan, uint32_t at)
{
	const char *type;

	while (plan->ops[at].kind == LUN_K_ARRAY)
		at++;
	if (!lun_op_is_container(plan->ops[at].kind)) {
		type = wide_type(&plan->ops[at]);
		if (type)
			lua_pushstring(L, type);
		return type != NULL;
	}
	luaL_checkstack(L, 4, "types are nested too deeply");
	lua_newtable(L);
	if (add_members(L, plan, at))
		return true;
	lua_pop(L, 1);
	return false;
}

/* Pushes the names on the path to an operation as a list, because a name may contain dots. */
static void push_path(lua_State *L, const struct lun_plan *plan, uint32_t target)
{
	const struct lun_op *ops = plan->ops;
	lua_Integer n = 0;

	lua_newtable(L);
	for (uint32_t at = 1; at <= target; at++) {
		while (ops[at].next <= target) /* beside the way */
			at = ops[at].next;
		if (!lun_plan_str(plan, ops[at].name))
			continue;
		lua_pushstring(L, lun_plan_str(plan, ops[at].name));
		lua_rawseti(L, -2, ++n);
	}
}

void lun_push_column(lua_State *L, const struct lun_plan *plan, const struct lun_pick *pick)
{
	const struct lun_op *op = &plan->ops[pick->op];

	lua_createtable(L, 0, 6);
	lun_set_str(L, "name", pick->path);
	push_path(L, plan, pick->op);
	lua_setfield(L, -2, "path");
	lun_set_str(L, "type", lun_op_type_name(op));
	lun_set_str(L, "unit", lun_plan_str(plan, op->unit));
	lun_set_int(L, "offset", pick->offset);
	lun_set_int(L, "size", op->size);
	if (!pick->op)
		lun_set_bool(L, "whole", true);
	if (push_wide(L, plan, pick->op))
		lua_setfield(L, -2, "wide");
	if (op->flags & LUN_OP_BE)
		lun_set_bool(L, "big_endian", true);
	if (op->kind == LUN_K_ARRAY)
		lun_set_int(L, "count", op->count);
	if (op->flags & LUN_OP_LOG2)
		lun_set_str(L, "histogram", "log2");
	if (op->reduce)
		lun_set_str(L, "reduce", lun_reduce_name(op->reduce));
}
