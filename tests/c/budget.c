/* The end of a run by its limits of time and instructions, whatever the Lua code does. */
#include "support/runs.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

static void each_loop(void (*check)(lua_State *L, const char *code))
{
	for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
		lua_State *L = lun_vm_new(&plain);

		check(L, loops[i]);
		check_sound(L);
		lun_vm_free(L);
	}
}

static void check_time(lua_State *L, const char *code)
{
	check_failed(L, run(L, code, 0.02, 0), code, "over budget: 0.02 seconds");
}

static void check_instructions(lua_State *L, const char *code)
{
	check_failed(L, run(L, code, 0, 100000), code, "over budget: 100000 instructions");
}

static void check_both(lua_State *L, const char *code)
{
	check_failed(L, run(L, code, 0.02, UINT64_MAX / 2), code, "over budget: 0.02 seconds");
}

static void test_loops_end(void **state)
{
	(void)state;
	each_loop(check_time);
	each_loop(check_instructions);
	each_loop(check_both);
}

static void test_short_runs_have_no_hook(void **state)
{
	static const char code[] = "assert(not debug.gethook()) coroutine.wrap(function() "
				   "assert(not debug.gethook()) end)()";
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	assert_null(lua_gethook(L));
	assert_int_equal(run(L, code, 1000, 0), LUA_OK);
	assert_int_equal(run(L, code, 0, 0), LUA_OK);
	assert_int_not_equal(run(L, code, 0, 1000), LUA_OK);
	check_sound(L);
	lun_vm_free(L);
}

/* Calls of C functions count as instructions; the work in them does not. */
static void test_instructions_are_counted(void **state)
{
	lua_State *L = lun_vm_new(&plain);
	lua_Integer n;

	(void)state;
	check_failed(L, run(L, "n = 0 while true do n = n + 1 end", 0, 1000000), "count",
		"over budget: 1000000 instructions");
	lua_getglobal(L, "n");
	n = lua_tointeger(L, -1);
	assert_in_range(n, 150000, 350000); // four or five to a turn
	lun_vm_free(L);
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

/* Variables are closed: first within the grace, then in functions at the failed depth or deeper. */
static void test_what_is_held_is_closed(void **state)
{
	static const char *const codes[] = {
		"local x <close> = setmetatable({}, { __close = function() "
		"for i = 1, 1000 do closed = i end end }) while true do end",
		"local x <close> = setmetatable({}, { __close = function() "
		"for i = 1, 1000 do closed = i end end }) "
		"while true do pcall(function() while true do end end) end",
		"coroutine.wrap(function() local x <close> = setmetatable({}, { __close = "
		"function() "
		"for i = 1, 1000 do closed = i end end }) while true do end end)()",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		lua_State *L = lun_vm_new(&plain);

		check_time(L, codes[i]);
		lua_getglobal(L, "closed");
		assert_int_equal(lua_tointeger(L, -1), 1000);
		lun_vm_free(L);
	}
}

static void test_nested_end_with_the_outer(void **state)
{
	static const char *const codes[] = {
		"nested(100, spin) spin()",
		"while true do nested(100, spin) end",
		"while true do nested(0.001, spin) end",
		"while true do nested(0, spin) end",
		"while true do nested(100, function() end) end",
		"nested(100, function() nested(100, spin) spin() end) spin()",
		"coroutine.wrap(function() nested(100, spin) spin() end)()",
		"nested(100, coroutine.wrap(function() while true do pcall(spin) end end)) spin()",
		"while true do coroutine.wrap(function() nested(0.001, coroutine.wrap(spin)) "
		"end)() "
		"end",
		"while true do elsewhere(0.001, 'while true do end') end",
		"elsewhere(0.1, 'while true do end') spin()",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		lua_State *L = new_nesting();

		check_failed(L, run(L, codes[i], 0.05, 0), codes[i], "over budget: 0.05 seconds");
		check_sound(L);
		lun_vm_free(L);
	}
}

static void test_nested_end_before_the_outer(void **state)
{
	static const char code[] =
		"local ok, m = nested(0.001, spin) "
		"assert(not ok and m:find('over budget: 0.001 seconds', 1, true), m) "
		"for i = 1, 1e6 do end "
		"assert(not debug.gethook()) "
		"ok = nested(0.001, coroutine.wrap(spin)) assert(not ok) "
		"local co = coroutine.create(function() coroutine.yield() for i = 1, 1e6 do end "
		"end) "
		"ok = nested(0.001, function() coroutine.resume(co) spin() end) assert(not ok) "
		"assert(coroutine.resume(co)) "
		"assert(not elsewhere(0.001, 'while true do end')) "
		"for i = 1, 1e6 do end "
		"assert(nested(1000, function() for i = 1, 1e6 do end end)) ";
	lua_State *L = new_nesting();

	(void)state;
	if (run(L, code, 1000, 0))
		fail_msg("%s", lua_tostring(L, -1));
	if (run(L, code, 0, 0))
		fail_msg("%s", lua_tostring(L, -1));
	check_sound(L);
	lun_vm_free(L);
}

static void test_nested_are_counted(void **state)
{
	static const char code[] = "while true do nested(0, function() end) end";
	lua_State *L = new_nesting();

	(void)state;
	check_failed(L, run(L, code, 0, 100000), code, "over budget: 100000 instructions");
	lun_vm_free(L);
}

static void test_memory_and_time(void **state)
{
	static const char code[] = "while true do pcall(function() local t = {} "
				   "while true do t[#t + 1] = ('x'):rep(100) .. #t end end) end";
	struct lun_vm_config capped = { .memory = 4 << 20 };
	lua_State *L = lun_vm_new(&capped);

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_not_equal(run(L, code, 0.02, 0), LUA_OK);
		lua_settop(L, 0);
		assert_true(lun_vm_memory(L) <= 4 << 20);
	}
	lua_gc(L, LUA_GCCOLLECT);
	check_sound(L);
	lun_vm_free(L);
}

/* A C function is not interrupted; its caller is ended as soon as the function returns. */
static void test_long_functions_of_c(void **state)
{
	static const char code[] = "local ok = pcall(string.find, ('a'):rep(700), 'a*a*b')  "
				   "returned = true while true do end";
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	check_failed(L, run(L, code, 0.001, 0), code, "over budget");
	lun_vm_free(L);
}

static void *write_later(void *arg)
{
	usleep(100000);
	assert_int_equal(write(*(int *)arg, "x", 1), 1);
	return NULL;
}

/* read_pipe() -> number of bytes read, after the deadline */
static int l_read_pipe(lua_State *L)
{
	int fds[2];
	pthread_t thread;
	char c;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_later, &fds[1]), 0);
	lua_pushinteger(L, read(fds[0], &c, 1));
	pthread_join(thread, NULL);
	close(fds[0]);
	close(fds[1]);
	return 1;
}

/* poll() -> errno */
static int l_poll(lua_State *L)
{
	lua_pushinteger(L, poll(NULL, 0, 1000 * ALARM) < 0 ? errno : 0);
	return 1;
}

/* The signal does not end a read that has data, and ends a poll with EINTR. */
static void test_calls_that_block(void **state)
{
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	lua_register(L, "read_pipe", l_read_pipe);
	lua_register(L, "poll", l_poll);
	check_failed(L, run(L, "n = read_pipe() while true do end", 0.001, 0), "read", "over");
	lua_getglobal(L, "n");
	assert_true(lua_isnil(L, -1) || lua_tointeger(L, -1) == 1);
	lua_settop(L, 0);
	check_failed(L, run(L, "while true do pcall(function() e = poll() end) end", 0.001, 0),
		"poll", "over");
	check_sound(L);
	lun_vm_free(L);
}

/* A wait after a run is not disturbed by the run's deadline. */
static void test_no_signal_after_the_run(void **state)
{
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	for (int i = 0; i < 5; i++) {
		run(L, "", 0.02, 0);
		assert_int_equal(poll(NULL, 0, 40), 0);
		assert_int_not_equal(run(L, "while true do end", 0.001, 0), LUA_OK);
		assert_int_equal(poll(NULL, 0, 40), 0);
		lua_settop(L, 0);
	}
	lun_vm_free(L);
}

/* Deadlines at any moment: none is lost, and none hits the next run. */
static void test_deadlines_at_any_time(void **state)
{
	static const char code[] =
		"local function gen() for i = 1, 3 do coroutine.yield(i) end end "
		"while true do for i in coroutine.wrap(gen) do pcall(error) end "
		"nested(0.00001, gen) string.gsub('abc', '.', function() end) end";
	lua_State *L = new_nesting();

	(void)state;
	for (int i = 0; i < 3000; i++) {
		assert_int_not_equal(run(L, code, 1e-9 + rand() % 200 * 1e-6, 0), LUA_OK);
		lua_settop(L, 0);
		assert_null(lua_gethook(L));
		assert_int_equal(run(L, "for i = 1, 100 do pcall(error) end", 1000, 0), LUA_OK);
	}
	check_sound(L);
	lun_vm_free(L);
}

static void *run_without_timer(void *unused)
{
	lua_State *L = lun_vm_new(&plain);

	check_time(L, "while true do pcall(function() while true do end end) end");
	assert_int_equal(run(L, "for i = 1, 1e6 do end", 1000, 0), LUA_OK);
	assert_int_equal(run(L, "for i = 1, 1e6 do end", 0, 0), LUA_OK);
	assert_null(lua_gethook(L));
	lun_vm_free(L);
	return unused;
}

/* Without a timer from the kernel the hook is always set. */
static void test_no_timer(void **state)
{
	struct rlimit before, none;
	pthread_t thread;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_SIGPENDING, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_SIGPENDING, &none), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_without_timer, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(setrlimit(RLIMIT_SIGPENDING, &before), 0);
}

static void *run_in_thread(void *arg)
{
	lua_State *L = arg;

	for (int i = 0; i < 20; i++)
		check_time(L, "while true do pcall(function() while true do end end) end");
	check_sound(L);
	return NULL;
}

/* Each thread has its own timer, and a VM may move from one thread to another. */
static void test_many_threads(void **state)
{
	pthread_t threads[4];
	lua_State *vms[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		vms[i] = lun_vm_new(&plain);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 4; i++)
			assert_int_equal(
				pthread_create(&threads[i], NULL, run_in_thread, vms[i]), 0);
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
	}
	for (int i = 0; i < 4; i++)
		lun_vm_free(vms[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loops_end),
		cmocka_unit_test(test_short_runs_have_no_hook),
		cmocka_unit_test(test_instructions_are_counted),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_what_is_held_is_closed),
		cmocka_unit_test(test_nested_end_with_the_outer),
		cmocka_unit_test(test_nested_end_before_the_outer),
		cmocka_unit_test(test_nested_are_counted),
		cmocka_unit_test(test_memory_and_time),
		cmocka_unit_test(test_long_functions_of_c),
		cmocka_unit_test(test_calls_that_block),
		cmocka_unit_test(test_no_signal_after_the_run),
		cmocka_unit_test(test_deadlines_at_any_time),
		cmocka_unit_test(test_no_timer),
		cmocka_unit_test(test_many_threads),
	};

	alarm(ALARM);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
