/* Replaced functions of Lua's libraries: they work as Lua's own, and within limits. */
#include "support/runs.h"

#include <lualib.h>

static const char *const ordinary[] = {
	"return table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ',')",
	"return table.concat(table.move({ 1, 2, 3 }, 2, 3, 1), ',')",
	"return table.concat(table.move({ 1, 2, 3 }, 1, 3, 1, { 9 }), ',')",
	"return table.concat(table.move({ 1, 2, 3 }, 1, 0, 5), ',')",
	"return pcall(table.move, {}, math.mininteger, math.maxinteger, 1)",
	"return pcall(table.move, {}, 1, 2, math.maxinteger)",
	"return pcall(table.move, 1, 2, 3, 4)",
	"return pcall(table.move, {}, 1, 2, 3, 4)",
	"return table.move(setmetatable({}, { __index = rawlen }), 1, 2, 1, {})[2]",
	"local t = { 1, 2 } table.insert(t, 3) table.insert(t, 1, 0) return table.concat(t, ',')",
	"return pcall(table.insert, {}, 3, 1)",
	"return pcall(table.insert, { 1 }, 2, 1)",
	"return pcall(table.insert, { 1 }, 0, 1)",
	"return pcall(table.insert, {})",
	"return pcall(table.insert, {}, 1, 2, 3)",
	"return pcall(table.insert, 'x', 1)",
	"return pcall(table.insert, {}, 'x', 1)",
	"local t = { 1, 2, 3 } return table.remove(t, 1), table.remove(t), #t, t[1]",
	"return table.remove({}), table.remove({ 1 }, 2), #{}",
	"return table.remove({ [0] = 'zero' }, 0)",
	"return ('ab'):rep(3, '-'), ('ab'):rep(0), (''):rep(5, 'x'), (''):rep(-1)",
	"return pcall(string.rep, 'x', 1 << 62)",
	"return pcall(string.rep)",
	"return pcall(string.rep, 'x')",
};

static const char report[] = "local f = assert(load(...)) local t = table.pack(f()) "
			     "for i = 1, t.n do t[i] = tostring(t[i]) end "
			     "return table.concat(t, '|')";

static const char *result_of(lua_State *L, const char *code)
{
	assert_int_equal(luaL_loadbuffer(L, report, strlen(report), "=report"), LUA_OK);
	lua_pushstring(L, code);
	if (lua_pcall(L, 1, 1, 0))
		fail_msg("%s: %s", code, lua_tostring(L, -1));
	return lua_tostring(L, -1);
}

static void test_like_luas_own(void **state)
{
	lua_State *own = luaL_newstate(), *ours = lun_vm_new(&plain);

	(void)state;
	luaL_openlibs(own);
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(*ordinary); i++)
		assert_string_equal(result_of(ours, ordinary[i]), result_of(own, ordinary[i]));
	lua_close(own);
	lun_vm_free(ours);
}

/* Line 2 is the call. */
static const char *const endless[] = {
	"local t = {}\ntable.move(t, 1, 1 << 60, 2)",
	"local t = {}\ntable.move(t, 1, 1 << 60, 1, {})",
	"local t = setmetatable({}, {__len = function() return 1<<60 end})\ntable.insert(t, 1, 0)",
	"local t = setmetatable({}, { __len = function() return 1 << 60 end })\ntable.remove(t, 1)",
};

static void test_endless(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(endless) / sizeof(*endless); i++) {
		lua_State *L = lun_vm_new(&plain);

		check_failed(L, run(L, endless[i], 0.1, 0), endless[i], "code:2: over budget: 0.1");
		check_failed(L, run(L, endless[i], 0, 1000000), endless[i], "instructions");
		check_sound(L);
		lun_vm_free(L);
	}
}

static void test_at_once(void **state)
{
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	assert_int_equal(
		run(L, "assert((''):rep(1 << 60) == '' and (''):rep(1 << 60, '') == '')", 0, 0),
		LUA_OK);
	lun_vm_free(L);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_luas_own),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_at_once),
	};

	alarm(ALARM);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
