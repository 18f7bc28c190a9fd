/* Services: one VM each, restarted when they fail, ended with their scripts; never twice at
 * once. */
#include "support/pool.h"

#define SHOW "lunette.http.get('/log', function() return lunette.shared.get('log') or '' end)\n"
#define LOG(text) "lunette.shared.set('log', (lunette.shared.get('log') or '') .. '" text " ')\n"

/* Removes the output of an earlier test. */
static void forget(void)
{
	lua_State *L = lun_vm_new(&(struct lun_vm_config){ .modules = pool_modules });

	assert_int_equal(luaL_dostring(L, "require('lunette').shared.delete('log')"), LUA_OK);
	lun_vm_free(L);
}

static void reload(struct served *served, const char *code)
{
	char *err = NULL;

	write_script(served, code);
	if (lun_pool_reload(served->pool, &err))
		fail_msg("%s", err);
}

static void test_runs_once_and_ends(void **state)
{
	static const char code[] = SHOW "lunette.service('a', function(svc)\n" LOG(
		"begins") "while svc:sleep(60) do end\n" LOG("ends") "end)";
	struct served served;

	(void)state;
	forget();
	serve_well(&served, code, 2, 10);
	wait_for(&served, "/log", "begins ");
	reload(&served, code);
	wait_for(&served, "/log", "begins ends begins ");
	end_serving(&served);
}

static void test_fails_and_begins_again(void **state)
{
	static const char code[] = SHOW "lunette.service('a', function(svc)\n" LOG(
		"begins") "if lunette.shared.get('log') ~= 'begins begins ' then error('the "
			  "first') end\n"
			  "while svc:sleep(60) do end end)";
	struct served served;

	(void)state;
	forget();
	serve_well(&served, code, 1, 10);
	wait_for(&served, "/log", "begins begins ");
	end_serving(&served);
}

/* A service that ignores the request is stopped; its successor waits meanwhile, other services
 * don't. */
static void test_waits_for_its_predecessor(void **state)
{
	static const char before[] = SHOW "lunette.service('slow', function() \n" LOG(
		"slow") "while true do lunette.sleep(0.01) end end)";
	static const char after[] = SHOW "lunette.service('slow', function(svc) \n" LOG(
		"slow") "while svc:sleep(60) do end end)\n"
			"lunette.service('other', function(svc) \n" LOG(
				"other") "while svc:sleep(60) do end end)";
	struct served served;

	(void)state;
	forget();
	serve_well(&served, before, 1, 10);
	wait_for(&served, "/log", "slow ");
	reload(&served, after);
	wait_for(&served, "/log", "slow other ");
	wait_for(&served, "/log", "slow other slow ");
	end_serving(&served);
}

/* Blocks in a C function called from Lua: wait() of the test. */
static struct stuck_job gate;

static int l_wait(lua_State *L)
{
	(void)L;
	set_flag(&gate, &gate.started);
	await(&gate, &gate.released);
	return 0;
}

static int open_gate(lua_State *L)
{
	lua_pushcfunction(L, l_wait);
	return 1;
}

static const luaL_Reg gate_modules[] = { { "gate", open_gate }, { NULL, NULL } };

static void test_stuck_is_told_and_waited_for(void **state)
{
	static const char code[] = SHOW "lunette.service('stuck', function(svc) \n" LOG(
		"stuck") "require('gate')()\n"
			 "while svc:sleep(60) do end end)";
	static const luaL_Reg *const modules[] = { lun_bind_modules, gate_modules, NULL };
	struct served served;
	unsigned built_in;

	(void)state;
	forget();
	init_stuck(&gate);
	serve_well(&served, SHOW, 1, 10);
	wait_for(&served, "/log", "");
	built_in = figures_of(&served).services; // they were started before the request
	served.vm.modules = modules;
	reload(&served, code);
	await(&gate, &gate.started);
	reload(&served, code);
	while (figures_of(&served).services_waiting == 0)
		usleep(10000);
	check_get(&served, "/log", "stuck ");
	assert_int_equal(figures_of(&served).services, built_in);
	set_flag(&gate, &gate.released);
	wait_for(&served, "/log", "stuck stuck ");
	assert_int_equal(figures_of(&served).services_waiting, 0);
	end_serving(&served);
	lun_job_unref(&gate.job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_once_and_ends),
		cmocka_unit_test(test_fails_and_begins_again),
		cmocka_unit_test(test_waits_for_its_predecessor),
		cmocka_unit_test(test_stuck_is_told_and_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
