/* One VM: its memory cap, its budgets, its traceback, and the packing of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <string.h>
#include <time.h>

#include "bind/pack.h"
#include "bind/vm.h"

static const struct lun_vm_config plain = { 0 };

static int run(lua_State *L, const char *code, double seconds, uint64_t instructions)
{
	struct lun_vm_limits limits = { seconds, instructions };

	assert_int_equal(luaL_loadbuffer(L, code, strlen(code), "=code"), LUA_OK);
	return lun_vm_run(L, 0, 0, &limits);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Each way that Lua has to go on after an error. */
static const char *const loops[] = {
	"while true do end",
	"while true do pcall(function() while true do end end) end",
	"local function f() pcall(f) end while true do f() end",
	"while true do xpcall(error, function() while true do end end) end",
	"while true do xpcall(function() while true do end end, function() while true do end end) "
	"end",
	"while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
	"while true do coroutine.wrap(function() pcall(function() while true do end end) end)() "
	"end",
	"while true do pcall(function() local x <close> = setmetatable({}, "
	"{ __close = function() while true do end end }) while true do end end) end",
	"while true do pcall(setmetatable({}, { __index = function() while true do end end })) end",
	"local t = setmetatable({}, { __index = function() while true do end end }) "
	"while true do pcall(function() return t.x end) end",
	"while true do pcall(string.gsub, 'a', 'a', function() while true do end end) end",
	"while true do pcall(table.sort, { 1, 2, 3 }, function() while true do end end) end",
	"goto again ::again:: goto again",
};

static void test_loops_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
		lua_State *L = lun_vm_new(&plain);
		double start = now();

		assert_int_not_equal(run(L, loops[i], 0.05, 0), LUA_OK);
		assert_true(now() - start < 5);
		lua_settop(L, 0);
		assert_int_not_equal(run(L, loops[i], 0, 100000), LUA_OK);
		assert_true(now() - start < 5);
		lua_settop(L, 0);
		assert_int_equal(
			run(L, "local n = 0 for i = 1, 1e6 do n = n + i end", 0, 0), LUA_OK);
		lun_vm_free(L);
	}
}

static void test_messages(void **state)
{
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	run(L, "local function inner() while true do end end\ninner()", 0.05, 0);
	assert_non_null(strstr(lua_tostring(L, -1), "code:1: over budget: 0.05 seconds"));
	assert_non_null(strstr(lua_tostring(L, -1), "stack traceback:"));
	assert_non_null(strstr(lua_tostring(L, -1), "code:2: in main chunk"));
	run(L, "while true do end", 0, 5000);
	assert_non_null(strstr(lua_tostring(L, -1), "over budget: 5000 instructions"));
	run(L, "error(setmetatable({}, { __tostring = function() return 'as text' end }))", 0, 0);
	assert_string_equal(lua_tostring(L, -1), "as text");
	run(L, "error({})", 0, 0);
	assert_non_null(strstr(lua_tostring(L, -1), "(error object is a table)"));
	lun_vm_free(L);
}

static void test_grace_closes(void **state)
{
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	assert_int_not_equal(run(L,
				     "local x <close> = setmetatable({}, { __close = function() "
				     "for i = 1, 1000 do closed = i end end }) while true do end",
				     0.02, 0),
		LUA_OK);
	lua_getglobal(L, "closed");
	assert_int_equal(lua_tointeger(L, -1), 1000);
	lun_vm_free(L);
}

static int l_nested(lua_State *L)
{
	struct lun_vm_limits limits = { 100, 0 };

	lua_settop(L, 1);
	lua_pushboolean(L, lun_vm_run(L, 0, 0, &limits) == LUA_OK);
	return 1;
}

static void test_nested(void **state)
{
	lua_State *L = lun_vm_new(&plain);
	double start = now();

	(void)state;
	lua_register(L, "nested", l_nested);
	assert_int_not_equal(
		run(L, "nested(function() while true do end end) while true do end", 0.05, 0),
		LUA_OK);
	assert_true(now() - start < 5);
	lun_vm_free(L);
}

static void test_memory(void **state)
{
	struct lun_vm_config capped = { .memory = 4 << 20 };
	lua_State *L = lun_vm_new(&capped);

	(void)state;
	assert_int_equal(run(L, "local t = {} while true do t[#t + 1] = {} end", 0, 0), LUA_ERRMEM);
	assert_true(lun_vm_memory(L) <= 4 << 20);
	lua_settop(L, 0);
	assert_int_equal(run(L, "return ('x'):rep(1 << 20)", 0, 0), LUA_OK);
	assert_int_not_equal(run(L, "return ('x'):rep(5 << 20)", 0, 0), LUA_OK);
	lua_settop(L, 0);
	lua_gc(L, LUA_GCCOLLECT);
	assert_true(lun_vm_memory(L) < 1 << 20);
	lun_vm_free(L);
}

static void test_memory_too_small(void **state)
{
	(void)state;
	for (size_t cap = 1000; cap < 60000; cap += 500) {
		struct lun_vm_config capped = { .memory = cap };
		lua_State *L = lun_vm_new(&capped);

		if (L)
			lun_vm_free(L);
	}
}

static void test_stop(void **state)
{
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	lun_vm_stop(L);
	assert_int_not_equal(run(L, "while true do pcall(error) end", 0, 0), LUA_OK);
	lun_vm_free(L);
}

static void test_xpcall(void **state)
{
	static const char code[] =
		"local ok, a, b = xpcall(function(...) return ... end, error, 1, 2) "
		"assert(ok and a == 1 and b == 2) "
		"local bad, m = xpcall(error, function(m) return m .. '!' end, 'no', 0) "
		"assert(bad == false and m == 'no!') "
		"local co = coroutine.wrap(function() "
		"  return xpcall(function() return coroutine.yield(1) + 1 end, debug.traceback) "
		"end) "
		"assert(co() == 1) local ok2, v = co(41) assert(ok2 and v == 42) "
		"local co2 = coroutine.wrap(function() "
		"  return xpcall(function() coroutine.yield() error('late', 0) end, function(m) "
		"return m end) end) "
		"co2() local ok3, m3 = co2() assert(ok3 == false and m3 == 'late') "
		"assert(not pcall(xpcall, print))";
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	if (run(L, code, 0, 0))
		fail_msg("%s", lua_tostring(L, -1));
	lun_vm_free(L);
}

static void test_pack(void **state)
{
	static const char code[] =
		"return { 1, 2.5, -1, math.mininteger, 'a\\0b', true, false, "
		"{ nested = { 'x' } }, [3.5] = 'float', [true] = 'yes' }, "
		"function(a, b) return a[1] == b[1] and a[2] == b[2] and a[3] == b[3] and "
		"math.type(b[3]) == 'integer' and a[4] == b[4] and a[5] == b[5] and b[6] == true "
		"and "
		"b[7] == false and b[8].nested[1] == 'x' and b[3.5] == 'float' and b[true] == "
		"'yes' end";
	lua_State *L = lun_vm_new(&plain);
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	assert_int_equal(luaL_dostring(L, code), LUA_OK);
	assert_null(lun_pack(L, 1, &out));
	lua_pushvalue(L, 2);
	lua_pushvalue(L, 1);
	lun_unpack(L, out.data, out.len);
	lua_call(L, 2, 1);
	assert_true(lua_toboolean(L, -1));
	lun_out_free(&out);
	lun_vm_free(L);
}

static void test_pack_refuses(void **state)
{
	static const char *const bad[] = {
		"return print",
		"return { coroutine.create(print) }",
		"return io.stdout",
		"local t = {} t.t = t return t",
		"return { [{}] = 1 }",
	};
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct lun_out out;

		lun_out_init(&out);
		assert_int_equal(luaL_dostring(L, bad[i]), LUA_OK);
		assert_non_null(lun_pack(L, -1, &out));
		lun_out_free(&out);
		lua_settop(L, 0);
	}
	lun_vm_free(L);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loops_end),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_grace_closes),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_too_small),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_xpcall),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_pack_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
