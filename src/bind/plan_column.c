/* What a plan says of a column: its name, its type, and how its numbers are to be read. */
#include "bind/decode.h"

#include "bind/push.h"

/* Lua's integers are signed: those of 64 bits which are not show as what they are by this. */
static bool is_unsigned(const struct lun_op *op)
{
	switch (op->kind) {
	case LUN_K_UINT:
	case LUN_K_PTR:
	case LUN_K_DURATION:
		return true;
	case LUN_K_BITS:
	case LUN_K_ENUM:
		return !(op->flags & LUN_OP_SIGNED);
	default:
		return false;
	}
}

static bool push_unsigned(lua_State *L, const struct lun_plan *plan, uint32_t at);

/* Adds the members of the struct to the table on the top; whether there was one to add. */
static bool add_members(lua_State *L, const struct lun_plan *plan, uint32_t at)
{
	const struct lun_op *ops = plan->ops;
	bool any = false;

	for (uint32_t i = at + 1; i < ops[at].next; i = ops[i].next) {
		const char *name = lun_plan_str(plan, ops[i].name);

		if (!name && lun_op_is_container(ops[i].kind) && ops[i].kind != LUN_K_ARRAY) {
			any = add_members(L, plan, i) || any;
		} else if (name && push_unsigned(L, plan, i)) {
			lua_setfield(L, -2, name);
			any = true;
		}
	}
	return any;
}

/* True, or a table of members of which it is true; an array is as its elements. False: nothing. */
static bool push_unsigned(lua_State *L, const struct lun_plan *plan, uint32_t at)
{
	while (plan->ops[at].kind == LUN_K_ARRAY)
		at++;
	if (!lun_op_is_container(plan->ops[at].kind)) {
		if (is_unsigned(&plan->ops[at]))
			lua_pushboolean(L, true);
		return is_unsigned(&plan->ops[at]);
	}
	luaL_checkstack(L, 4, "types are nested too deeply");
	lua_newtable(L);
	if (add_members(L, plan, at))
		return true;
	lua_pop(L, 1);
	return false;
}

void lun_push_column(lua_State *L, const struct lun_plan *plan, const struct lun_pick *pick)
{
	const struct lun_op *op = &plan->ops[pick->op];

	lua_createtable(L, 0, 6);
	lun_set_str(L, "name", pick->path);
	lun_set_str(L, "type", lun_op_type_name(op));
	lun_set_str(L, "unit", lun_plan_str(plan, op->unit));
	lun_set_int(L, "offset", pick->offset);
	lun_set_int(L, "size", op->size);
	if (!pick->op)
		lun_set_bool(L, "whole", true);
	if (push_unsigned(L, plan, pick->op))
		lua_setfield(L, -2, "unsigned");
	if (op->flags & LUN_OP_BE)
		lun_set_bool(L, "big_endian", true);
	if (op->kind == LUN_K_ARRAY)
		lun_set_int(L, "count", op->count);
	if (op->flags & LUN_OP_LOG2)
		lun_set_str(L, "histogram", "log2");
	if (op->reduce)
		lun_set_str(L, "reduce", lun_reduce_name(op->reduce));
}
