/* A VM: its memory cap, the replaced library functions, and the packing of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "vm/pack.h"
#include "vm/vm.h"

static const struct lun_vm_config plain = { 0 };

static int run(lua_State *L, const char *code)
{
	assert_int_equal(luaL_loadbuffer(L, code, strlen(code), "=code"), LUA_OK);
	return lun_vm_run(L, 0, 0, &(struct lun_vm_limits){ 0 });
}

static void test_memory(void **state)
{
	struct lun_vm_config capped = { .memory = 4 << 20 };
	lua_State *L = lun_vm_new(&capped);

	(void)state;
	assert_int_equal(run(L, "local t = {} while true do t[#t + 1] = {} end"), LUA_ERRMEM);
	assert_true(lun_vm_memory(L) <= 4 << 20);
	lua_settop(L, 0);
	assert_int_equal(run(L, "return ('x'):rep(1 << 20)"), LUA_OK);
	assert_int_not_equal(run(L, "return ('x'):rep(5 << 20)"), LUA_OK);
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
	if (run(L, code))
		fail_msg("%s", lua_tostring(L, -1));
	lun_vm_free(L);
}

/* Each gives exactly Lua's own result; "report" prints pcall's results. */
static const char *const coroutines[] = {
	"return report(coroutine.resume(coroutine.create(function(...) return ... end), 1, nil))",
	"return report(coroutine.resume(coroutine.create(function() error('no') end)))",
	"return report(coroutine.resume(coroutine.create(function() error({ 'no' }) end)))",
	"local co = coroutine.create(print) coroutine.close(co) return "
	"report(coroutine.resume(co))",
	"return report(coroutine.resume(coroutine.running()))",
	"return report(pcall(coroutine.resume))",
	"return report(pcall(coroutine.resume, {}))",
	"return report(pcall(coroutine.wrap))",
	"return report(pcall(coroutine.wrap, 1))",
	"return report(pcall(coroutine.close, 1))",
	"return report(pcall(coroutine.close, coroutine.running()))",
	"local t = {} for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end "
	"end) "
	"do t[#t + 1] = v end return report(table.unpack(t))",
	"return report(pcall(coroutine.wrap(function() error('no') end)))",
	"return report(pcall(coroutine.wrap(function() error('no', 0) end)))",
	"return report(pcall(coroutine.wrap(function() error(5) end)))",
	"local function f() return coroutine.wrap(function() error('in f') end)() end "
	"return report(pcall(f))",
	"local f = coroutine.wrap(function() end) f() return report(pcall(f))",
	"local f f = coroutine.wrap(function() return pcall(f) end) return report(f())",
	"local log = {} local f = coroutine.wrap(function() local x <close> = setmetatable({}, "
	"{ __close = function(_, e) log[#log + 1] = tostring(e) end }) error('first') end) "
	"return report(pcall(f)) .. report(table.unpack(log))",
	"local f = coroutine.wrap(function() local x <close> = setmetatable({}, "
	"{ __close = function() error('second') end }) error('first') end) return report(pcall(f))",
	"local n = 0 local co = coroutine.create(function() local x <close> = setmetatable({}, "
	"{ __close = function() n = n + 1 end }) coroutine.yield() end) coroutine.resume(co) "
	"return report(coroutine.close(co), n, coroutine.status(co), coroutine.close(co))",
	"local co = coroutine.create(function() local x <close> = setmetatable({}, "
	"{ __close = function() error('closing') end }) coroutine.yield() end) "
	"coroutine.resume(co) "
	"return report(coroutine.close(co))",
	"local co = coroutine.create(function() error('dead') end) coroutine.resume(co) "
	"return report(coroutine.close(co))",
	"local outer outer = coroutine.create(function() return coroutine.resume(coroutine.create("
	"function() return pcall(coroutine.close, outer) end)) end) "
	"return report(coroutine.resume(outer))",
	"local co = coroutine.create(function() return coroutine.status(coroutine.running()) end) "
	"return report(coroutine.status(co), coroutine.resume(co), coroutine.status(co))",
	"local function deep(n) if n == 0 then return 'end' end "
	"return coroutine.wrap(deep)(n - 1) end return report(pcall(deep, 100))",
	"local function deep() return coroutine.wrap(deep)() end "
	"local ok, m = pcall(deep) return report(ok, (m:match('C stack overflow')))",
	"return report(pcall(coroutine.resume, coroutine.create(function(...) return select('#', "
	"...) "
	"end), table.unpack({}, 1, 1000)))",
	"local co = coroutine.create(select) "
	"return report(pcall(coroutine.resume, co, '#', table.unpack({}, 1, 999000)))",
	"local co = coroutine.wrap(function() return pcall(pcall, function() return "
	"coroutine.yield(1) end) end) return report(co(), co(7))",
	"local co = coroutine.wrap(function() return table.unpack({}, 1, 999000) end) "
	"return report(pcall(function() return select('#', co()) end))",
	"return report(debug.traceback(coroutine.create(print)))",
};

static const char report[] = "function report(...) local t = table.pack(...) "
			     "for i = 1, t.n do t[i] = tostring(t[i]):gsub('0x%x+', '') end "
			     "return table.concat(t, '|') end";

static const char *answer(lua_State *L, const char *code)
{
	assert_int_equal(luaL_dostring(L, report), LUA_OK);
	assert_int_equal(luaL_loadbuffer(L, code, strlen(code), "=code"), LUA_OK);
	if (lua_pcall(L, 0, 1, 0))
		fail_msg("%s: %s", code, lua_tostring(L, -1));
	return lua_tostring(L, -1);
}

static void test_coroutines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(coroutines) / sizeof(*coroutines); i++) {
		lua_State *ours = lun_vm_new(&plain), *theirs = luaL_newstate();

		luaL_openlibs(theirs);
		assert_string_equal(answer(ours, coroutines[i]), answer(theirs, coroutines[i]));
		lua_close(theirs);
		lun_vm_free(ours);
	}
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
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_too_small),
		cmocka_unit_test(test_xpcall),
		cmocka_unit_test(test_coroutines),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_pack_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
