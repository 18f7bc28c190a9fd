#pragma once
/* Helpers for tests of the end of a run. A hanging test is ended by its alarm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "vm/vm.h"

enum { ALARM = 600 }; // seconds

static const struct lun_vm_config plain = { 0 };

static inline int run(lua_State *L, const char *code, double seconds, uint64_t instructions)
{
	struct lun_vm_limits limits = { seconds, instructions };

	if (luaL_loadbuffer(L, code, strlen(code), "=code"))
		fail_msg("%s", lua_tostring(L, -1));
	return lun_vm_run(L, 0, 0, &limits);
}

static inline void check_failed(lua_State *L, int status, const char *code, const char *expected)
{
	const char *message = lua_tostring(L, -1);

	if (!status || !message || !strstr(message, expected))
		fail_msg("%s: %d, %s", code, status, status ? message : "");
	lua_settop(L, 0);
}

/* The end of a run must leave nothing behind for the next one. */
static inline void check_sound(lua_State *L)
{
	static const char code[] =
		"local n = 0 for i = 1, 1e6 do n = n + i end assert(not debug.gethook()) "
		"for i in coroutine.wrap(function() for i = 1, 100 do coroutine.yield(i) end end) "
		"do n = n + i assert(not debug.gethook()) end";

	if (run(L, code, 1000, 0))
		fail_msg("%s", lua_tostring(L, -1));
	assert_null(lua_gethook(L));
}

/* All ways in which Lua code can go on after an error, or remove a hook. */
static const char *const loops[] = {
	"while true do end",
	"while true do pcall(function() while true do end end) end",
	"local function f() pcall(f) end while true do f() end",
	"local function f() f() end while true do pcall(f) end",
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
	"string.gsub('a', 'a', function() while true do end end)",
	"while true do pcall(string.gsub, 'a', 'a', function() while true do end end) end",
	"table.sort({ 1, 2, 3 }, function() while true do end end)",
	"while true do pcall(table.sort, { 1, 2, 3 }, function() while true do end end) end",
	"while true do string.gsub(('a'):rep(1000), 'a', function() end) end",
	"goto again ::again:: goto again",
	"for i = 1, math.huge do end",
	"for i in function() return 1 end do end",
	"repeat until false",
	"local function f() return f() end f()",
	"load('while true do end')()",
	"while true do pcall(load, function() while true do end end) end",
	"require('lunette.core.budget').run({}, function() while true do end end) "
	"while true do end",
	// coroutines
	"coroutine.wrap(function() while true do end end)()",
	"local function f() while true do pcall(coroutine.wrap(f)) end end f()",
	"local function f() coroutine.wrap(f)() end while true do pcall(f) end",
	"for i in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end",
	"while true do for i in coroutine.wrap(function() coroutine.yield(1) end) do end end",
	"for i in coroutine.wrap(function() while true do end end) do end",
	"while true do pcall(coroutine.wrap(function() error('no') end)) end",
	"while true do coroutine.resume(coroutine.create(function() error({}) end)) end",
	"while true do local co = coroutine.create(function() local x <close> = setmetatable({}, "
	"{ __close = function() while true do end end }) coroutine.yield() end) "
	"coroutine.resume(co) coroutine.close(co) end",
	"while true do pcall(coroutine.wrap(function() local x <close> = setmetatable({}, "
	"{ __close = function() while true do end end }) error('no') end)) end",
	"local co = coroutine.wrap(function() while true do pcall(coroutine.yield) end end) "
	"while true do co() end",
	"local a, b a = coroutine.wrap(function() while true do coroutine.yield() end end) "
	"b = coroutine.wrap(function() while true do a() coroutine.yield() end end) "
	"while true do b() end",
	// the script sets hooks itself
	"while true do debug.sethook() end",
	"while true do pcall(debug.sethook) end",
	"while true do pcall(function() while true do debug.sethook() end end) end",
	"debug.sethook(function() end, 'l') while true do end",
	"while true do pcall(function() debug.sethook(function() end, 'crl', 1) end) end",
	"local co = coroutine.create(function() while true do end end) "
	"debug.sethook(co, print, '', 1000000000) while true do coroutine.resume(co) end",
	"while true do coroutine.resume(coroutine.create(function(co) "
	"while true do pcall(debug.sethook, co) end end), coroutine.running()) end",
	"while true do pcall(function() coroutine.wrap(function() "
	"while true do debug.sethook() end end)() end) end",
};

/* nested(seconds, fn, ...) -> ok, message: a run within the run */
static inline int l_nested(lua_State *L)
{
	struct lun_vm_limits limits = { luaL_checknumber(L, 1), 0 };
	int status = lun_vm_run(L, lua_gettop(L) - 2, 1, &limits);

	lua_pushboolean(L, status == LUA_OK);
	lua_insert(L, -2);
	return 2;
}

/* elsewhere(seconds, code) -> ok: runs code in another VM in the same thread */
static inline int l_elsewhere(lua_State *L)
{
	lua_State *other = lun_vm_new(&plain);

	lua_pushboolean(L, run(other, luaL_checkstring(L, 2), luaL_checknumber(L, 1), 0) == LUA_OK);
	lun_vm_free(other);
	return 1;
}

static inline lua_State *new_nesting(void)
{
	lua_State *L = lun_vm_new(&plain);

	lua_register(L, "nested", l_nested);
	lua_register(L, "elsewhere", l_elsewhere);
	assert_int_equal(luaL_dostring(L, "function spin() while true do end end"), LUA_OK);
	return L;
}
