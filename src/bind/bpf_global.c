#include "bind/bpf_global.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "bind/bpf_load_options.h"
#include "bind/decode.h"
#include "bpf/decode/btf_plan.h"
#include "bpf/object/global.h"
#include "vm/push.h"

/* Pushes the plan of the variable's type; 0 or -errno. */
static int push_type(lua_State *L, const struct bpf_object *obj, const struct lun_global *global)
{
	int err;
	struct lun_plan *plan =
		lun_btf_plan(bpf_object__btf(obj), global->type, global->size, &err);

	if (!plan)
		return err;
	lun_plan_push(L, plan);
	return 0;
}

static int push_unknown(lua_State *L, const struct bpf_object *obj, const char *name)
{
	struct lun_out *names = lun_push_buffer(L);

	lun_global_names(obj, names);
	if (names->len)
		lua_pushfstring(L, "set: the object has no variable '%s'; it has ", name);
	else
		lua_pushfstring(L, "set: the object has no variable '%s', nor any other", name);
	lua_pushlstring(L, names->data ? names->data : "", names->len);
	lua_concat(L, 2);
	lun_out_free(names);
	lua_remove(L, -2);
	return -EINVAL;
}

/* Encodes the value at `value` by the plan on top, over the existing bytes. Leaves the error text
 * when it can't be encoded. */
static int write_value(
	lua_State *L, const char *name, int value, const struct lun_global *global, uint8_t *bytes)
{
	const char *text;
	size_t len;

	lua_pushcfunction(L, l_plan_encode);
	lua_insert(L, -2);
	lua_pushvalue(L, value);
	lua_pushlstring(L, (const char *)bytes, global->size);
	lua_pushfstring(L, "set: %s", name);
	lua_call(L, 4, 2); // bytes or nil, why
	text = lua_tolstring(L, -2, &len);
	if (!text)
		return lua_remove(L, -2), -EINVAL;
	memcpy(bytes, text, global->size);
	lua_pop(L, 2);
	return 0;
}

/* Sets one variable. Its name and value are the two on top, and stay there. */
static int set_one(lua_State *L, struct bpf_object *obj)
{
	int value = lua_gettop(L), err;
	struct lun_global global;
	const char *name;
	uint8_t *bytes;

	if (lua_type(L, value - 1) != LUA_TSTRING)
		return lua_pushliteral(L, "set: needs a table by name of variable"), -EINVAL;
	name = lua_tostring(L, value - 1);
	if (lun_global_find(obj, name, &global))
		return push_unknown(L, obj, name);
	bytes = lun_global_initial(&global);
	err = bytes ? push_type(L, obj, &global) : -ENODATA;
	if (err) {
		lua_pushfstring(L, "set: %s: a variable of this type can't be set", name);
		return err;
	}
	return write_value(L, name, value, &global, bytes);
}

int lun_globals_set(lua_State *L, int idx, struct bpf_object *obj)
{
	int err;

	luaL_checkstack(L, 12, "set");
	idx = lua_absindex(L, idx);
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
		err = set_one(L, obj);
		if (err) {
			lua_replace(L, -3);
			lua_pop(L, 1);
			return err;
		}
	}
	return 0;
}

/* object:get(name) -> value | nil, err, errno */
int l_object_get(lua_State *L)
{
	struct lun_object *o = lun_object_check(L);
	const char *name = luaL_checkstring(L, 2);
	struct lun_global global;
	uint8_t *bytes;
	int err;

	if (lun_global_find(o->obj, name, &global))
		return luaL_error(L, "the object has no variable '%s'", name);
	bytes = lua_newuserdatauv(L, (size_t)global.size + 1, 0);
	err = lun_global_read(&global, bytes);
	if (!err)
		err = push_type(L, o->obj, &global);
	if (err)
		return lun_push_error(L, err, name);
	lun_push_decoded(L, -1, &(struct lun_bytes){ bytes, 1, 0 }, LUN_EACH_CPU);
	return 1;
}
