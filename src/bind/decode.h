#pragma once
/*
 * Decode plans in Lua: the plan object, and what a plan makes of bytes as Lua values. A
 * plan's Lua functions and the orders of its structs' fields live in its user value.
 */
#include <lua.h>

#include "bpf/decode/entry_format.h"

/* The plan at idx, NULL when it is none. */
struct lun_plan *lun_plan_test(lua_State *L, int idx);
struct lun_plan *lun_plan_check(lua_State *L, int idx);
/* Pushes what a script learns of a column: a table. */
void lun_push_column(lua_State *L, const struct lun_plan *plan, const struct lun_pick *pick);
/* Pushes a plan object; takes the reference over, also when it raises. */
void lun_plan_push(lua_State *L, struct lun_plan *plan);
/* The VM's own decoding context. */
struct lun_ctx *lun_bind_ctx(lua_State *L);

/* Pushes what the plan object at plan_idx makes of the bytes. */
void lun_push_decoded(lua_State *L, int plan_idx, const struct lun_bytes *bytes, uint8_t reduce);
/* The same for a map's value: where each CPU is shown, a list of them. */
void lun_push_decoded_value(
	lua_State *L, int plan_idx, const struct lun_entry_format *view, const uint8_t *value);

/* Pushes what the plan's Lua function makes of its bytes; an error becomes a table
 * { error = message }. Raises only when memory is short. */
void lun_push_func_result(lua_State *L, int plan_idx, const struct lun_op *op,
	const struct lun_bytes *bytes, uint32_t offset);

/* A view out of a decoder's table at idx: fields key_plan, value_plan, reduce. Leaves the two
 * plan objects on the stack (key below value), which keep the plans alive. Returns 0, or
 * pushes nil, message, errno instead and returns 3. each_cpu: no reduction. */
int lun_push_view(lua_State *L, int idx, const struct lun_map *map, bool each_cpu,
	struct lun_entry_format *view);

/* Methods of plans that are in encode.c. */
int l_plan_encode(lua_State *L);
int l_plan_encode_column(lua_State *L);
int l_plan_compared(lua_State *L);
