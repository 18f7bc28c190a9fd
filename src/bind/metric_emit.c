/*
 * A collector's emit(name, value, labels). A sample with the same label names as the previous
 * sample of its family is added to its groups in C; any other sample goes to a Lua function, which
 * returns the slot for the next ones.
 */
#include "bind/metric.h"

#include <errno.h>

#include "vm/names.h"

enum { MAX_SLOT_LABELS = 32, DIGITS = 24 };

/* User values: the groups object and the list of names, which keeps both alive. */
struct slot {
	struct lun_groups **groups;
	size_t n;
	const char *names[MAX_SLOT_LABELS];
};

/* slot(groups, names) -> slot | nil where there are too many labels: names as the groups's labels
 */
static int l_slot(lua_State *L)
{
	struct lun_groups *groups = lun_groups_check(L, 1);
	size_t n = lun_groups_labels(groups);
	struct slot *slot;

	luaL_checktype(L, 2, LUA_TTABLE);
	luaL_argcheck(L, lua_rawlen(L, 2) == n, 2, "not as many as the groups's labels");
	if (n > MAX_SLOT_LABELS) {
		luaL_pushfail(L);
		return 1;
	}
	slot = lua_newuserdatauv(L, sizeof(*slot), 2);
	slot->groups = lua_touserdata(L, 1);
	slot->n = n;
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, 2, (lua_Integer)i + 1);
		slot->names[i] = luaL_checkstring(L, -1);
		lua_pop(L, 1); // it stays alive in the list
	}
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	lua_pushvalue(L, 2);
	lua_setiuservalue(L, -2, 2);
	luaL_setmetatable(L, LUN_EMIT_SLOT);
	return 1;
}

/* The position of the label; n when it is unknown. In one VM equal short strings are the same
 * object. */
static size_t place_of(const struct slot *slot, const char *name)
{
	size_t i = 0;

	while (i < slot->n && slot->names[i] != name)
		i++;
	return i;
}

/* Reads the label value on top: a string, or an integer, which is written into `digits`. */
static bool read_value(lua_State *L, struct lun_slice *value, char *digits)
{
	if (lua_type(L, -1) == LUA_TSTRING) {
		value->data = lua_tolstring(L, -1, &value->len);
		return true;
	}
	if (!lua_isinteger(L, -1))
		return false;
	value->len = (size_t)snprintf(digits, DIGITS, "%lld", (long long)lua_tointeger(L, -1));
	value->data = digits;
	return true;
}

/* Reads the values of the table at idx (or of no table) in the slot's order; false when it has
 * other labels. */
static bool read_labels(lua_State *L, int idx, const struct slot *slot, struct lun_slice *values,
	char (*digits)[DIGITS])
{
	size_t n = 0;

	if (!lua_istable(L, idx))
		return lua_isnoneornil(L, idx) && !slot->n;
	lua_pushnil(L);
	while (lua_next(L, idx)) {
		bool named = lua_type(L, -2) == LUA_TSTRING;
		size_t i = named ? place_of(slot, lua_tostring(L, -2)) : slot->n;

		if (i == slot->n || !read_value(L, &values[i], digits[i])) {
			lua_pop(L, 2);
			return false;
		}
		lua_pop(L, 1);
		n++;
	}
	return n == slot->n;
}

/* True when the sample (name, value, labels from index 2 on) was added. Negative numbers are left
 * to Lua, which checks that the sample is no counter. */
static bool add(lua_State *L, const struct slot *slot)
{
	char digits[MAX_SLOT_LABELS][DIGITS];
	struct lun_slice values[MAX_SLOT_LABELS];
	struct lun_metric_number v = { .kind = LUN_NUMBER_F64 };
	int64_t group;

	if (!*slot->groups || !(lua_tonumber(L, 3) >= 0) ||
		!read_labels(L, 4, slot, values, digits))
		return false;
	group = lun_groups_group(*slot->groups, values);
	if (group < 0)
		return group == -ENOSPC; /* the groups have counted it as dropped */
	if (lua_isinteger(L, 3)) {
		v.kind = LUN_NUMBER_I64;
		v.i64 = lua_tointeger(L, 3);
	} else {
		v.f64 = lua_tonumber(L, 3);
	}
	return lun_groups_add(*slot->groups, (size_t)group, 0, v) == 0;
}

/* emit(self, name, value [, labels]) with the table of slots by name, and the Lua function */
static int l_emit(lua_State *L)
{
	if (lua_type(L, 2) == LUA_TSTRING && lua_type(L, 3) == LUA_TNUMBER) {
		const struct slot *slot;

		lua_pushvalue(L, 2);
		lua_rawget(L, lua_upvalueindex(1));
		slot = lua_touserdata(L, -1);
		if (slot && lua_gettop(L) <= 5) {
			lua_insert(L, 1); // keeps it alive while it is used
			lua_remove(L, 2);
			if (add(L, slot))
				return 0;
		} else {
			lua_pop(L, 1);
		}
	}
	lua_pushvalue(L, lua_upvalueindex(2));
	lua_replace(L, 1);
	lua_call(L, lua_gettop(L) - 1, 0);
	return 0;
}

/* emitter(slots, slow) -> function(self, name, value, labels): slots is a table of slots by
 * name; slow(name, value, labels) adds the other samples */
static int l_emitter(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	lua_pushcclosure(L, l_emit, 2);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "slot", l_slot },
	{ "emitter", l_emitter },
	{ NULL, NULL },
};

static const luaL_Reg slot_methods[] = {
	{ NULL, NULL },
};

void lun_metric_open_emit(lua_State *L)
{
	lun_metric_class(L, LUN_EMIT_SLOT, slot_methods);
	luaL_setfuncs(L, functions, 0);
}
