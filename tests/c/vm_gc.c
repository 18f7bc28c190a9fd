/* Finalizers: they run, and within limits. */
#include "support/runs.h"

#include <stdio.h>

static const struct lun_vm_config contained = { .contained = true };

static void check(lua_State *L, const char *code)
{
	if (run(L, code, 60, 0))
		fail_msg("%s: %s", code, lua_tostring(L, -1));
	lua_settop(L, 0);
}

static void test_finalizers_run(void **state)
{
	lua_State *L = lun_vm_new(&contained);

	(void)state;
	check(L,
		"local got local mt = { __gc = function(x) got = x.n or got end, __index = { m = 1 "
		"} } "
		"assert(setmetatable({}, mt).m == 1) "
		"setmetatable({ n = 7 }, mt) collectgarbage() collectgarbage() assert(got == 7) "
		"setmetatable({ n = 8 }, mt) collectgarbage() assert(got == 8)");
	check(L,
		"local n = 0 for i = 1, 1000 do "
		"setmetatable({}, { __gc = function() n = n + 1 end }) end "
		"collectgarbage() collectgarbage() assert(n == 1000, n)");
	check(L, "setmetatable({}, { __gc = function() error('bad') end }) collectgarbage()");
	check(L,
		"local again again = { __gc = function(x) setmetatable(x, again) end } "
		"setmetatable({}, again) for i = 1, 10 do collectgarbage() end");
	lun_vm_free(L);
}

static void test_setmetatable_is_luas_own(void **state)
{
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	check(L,
		"local t, mt = {}, {} assert(setmetatable(t, mt) == t and getmetatable(t) == mt) "
		"assert(setmetatable(t, nil) == t and getmetatable(t) == nil) "
		"local p = setmetatable({}, { __metatable = 'locked' }) "
		"local ok, err = pcall(setmetatable, p, {}) "
		"assert(not ok and err == 'cannot change a protected metatable') "
		"ok, err = pcall(setmetatable, {}) assert(err:match('nil or table expected')) "
		"ok, err = pcall(setmetatable, 1, {}) assert(err:match('table expected, got "
		"number')) "
		"assert(debug.setmetatable(10, nil) == 10)");
	lun_vm_free(L);
}

/* Lua calls no hook in a finalizer. */
static const char *const loops_in_gc[] = {
	"setmetatable({}, { __gc = function() while true do end end }) collectgarbage()",
	"setmetatable({}, { __gc = function() while true do pcall(error) end end }) "
	"collectgarbage()",
	"local s = ('a'):rep(1e4) "
	"setmetatable({}, { __gc = function() s:find('.-.-.-.-b$') end }) collectgarbage()",
	"setmetatable({}, { __gc = function() os.execute('sleep 1000') end }) collectgarbage()",
	"for i = 1, 1000 do debug.setmetatable({}, { __gc = function() while true do end end }) "
	"end collectgarbage()",
};

static void test_endless(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(loops_in_gc) / sizeof(*loops_in_gc); i++) {
		lua_State *L = lun_vm_new(&contained);
		char code[512];

		snprintf(code, sizeof(code), "%s while true do end", loops_in_gc[i]);
		check_failed(L, run(L, code, 0.1, 0), code, "over budget");
		lun_vm_free(L);
		L = lun_vm_new(&contained);
		snprintf(code, sizeof(code), "local function f() %s end", loops_in_gc[i]);
		check(L, code);
		lun_vm_free(L);
	}
}

/* An object that lives to the end is finalized when the VM closes, in bounded time. */
static void test_endless_when_closed(void **state)
{
	static const char code[] =
		"keep = {} for i = 1, 100 do "
		"keep[i] = setmetatable({}, { __gc = function() while true do end end }) end";
	lua_State *L = lun_vm_new(&contained);

	(void)state;
	check(L, code);
	lun_vm_free(L);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finalizers_run),
		cmocka_unit_test(test_setmetatable_is_luas_own),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_endless_when_closed),
	};

	alarm(ALARM);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
