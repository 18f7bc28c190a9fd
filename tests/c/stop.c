/* Runs that are stopped from another thread, or interrupted. */
#include "support/runs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* started(): tells the other thread that it may stop this run */
static int l_started(lua_State *L)
{
	atomic_int *started = lua_touserdata(L, lua_upvalueindex(1));

	atomic_store(started, 1);
	return 0;
}

struct stopper {
	lua_State *L;
	void (*stop)(lua_State *L);
	atomic_int started;
};

static void *stop_once_started(void *arg)
{
	struct stopper *stopper = arg;

	while (!atomic_load(&stopper->started))
		usleep(100);
	usleep((useconds_t)rand() % 3000);
	stopper->stop(stopper->L);
	return NULL;
}

static void start_stopper(struct stopper *stopper, pthread_t *thread)
{
	lua_pushlightuserdata(stopper->L, &stopper->started);
	lua_pushcclosure(stopper->L, l_started, 1);
	lua_setglobal(stopper->L, "started");
	assert_int_equal(pthread_create(thread, NULL, stop_once_started, stopper), 0);
}

static void test_stop_from_another_thread(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
		struct stopper stopper = { .L = lun_vm_new(&plain), .stop = lun_vm_stop };
		pthread_t thread;
		char code[2000];

		start_stopper(&stopper, &thread);
		snprintf(code, sizeof(code), "started() %s", loops[i]);
		check_failed(stopper.L, run(stopper.L, code, 0, 0), code, "stopped");
		pthread_join(thread, NULL);
		check_failed(stopper.L, run(stopper.L, loops[i], 0, 0), code, "stopped");
		lun_vm_free(stopper.L);
	}
}

static void test_stop_before_the_run(void **state)
{
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	lun_vm_stop(L);
	assert_int_not_equal(run(L, "while true do pcall(error) end", 0, 0), LUA_OK);
	lun_vm_free(L);
}

static void test_stop_of_nested(void **state)
{
	struct stopper stopper = { .L = new_nesting(), .stop = lun_vm_stop };
	pthread_t thread;

	(void)state;
	start_stopper(&stopper, &thread);
	check_failed(stopper.L,
		run(stopper.L, "nested(1000, function() started() spin() end) spin()", 0, 0),
		"nested", "stopped");
	pthread_join(thread, NULL);
	lun_vm_free(stopper.L);
}

static int run_interruptibly(lua_State *L, const char *code, bool *interrupted)
{
	lua_getglobal(L, "debug");
	lua_getfield(L, -1, "traceback");
	lua_replace(L, -2);
	assert_int_equal(luaL_loadbuffer(L, code, strlen(code), "=code"), LUA_OK);
	return lun_vm_run_interruptibly(L, 0, 0, lua_gettop(L) - 1, interrupted);
}

static void test_interrupt(void **state)
{
	bool interrupted;

	(void)state;
	for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
		struct stopper stopper = { .L = lun_vm_new(&plain), .stop = lun_vm_interrupt };
		pthread_t thread;
		char code[2000];

		start_stopper(&stopper, &thread);
		snprintf(code, sizeof(code), "started() %s", loops[i]);
		check_failed(stopper.L, run_interruptibly(stopper.L, code, &interrupted), code,
			"interrupted");
		assert_true(interrupted);
		pthread_join(thread, NULL);
		check_sound(stopper.L);
		assert_int_equal(run_interruptibly(stopper.L, "", &interrupted), LUA_OK);
		assert_false(interrupted);
		lun_vm_free(stopper.L);
	}
}

static void test_interrupt_of_nested(void **state)
{
	struct stopper stopper = { .L = new_nesting(), .stop = lun_vm_interrupt };
	bool interrupted;
	pthread_t thread;

	(void)state;
	start_stopper(&stopper, &thread);
	check_failed(stopper.L,
		run_interruptibly(stopper.L, "nested(1000, function() started() spin() end) spin()",
			&interrupted),
		"nested", "interrupted");
	assert_true(interrupted);
	pthread_join(thread, NULL);
	lun_vm_free(stopper.L);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop_from_another_thread),
		cmocka_unit_test(test_stop_before_the_run),
		cmocka_unit_test(test_stop_of_nested),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_interrupt_of_nested),
	};

	alarm(ALARM);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
