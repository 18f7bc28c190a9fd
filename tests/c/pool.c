/* The pool: generations of VMs, reloads, the queue, the end. */
#include "support/pool.h"

#include <errno.h>

#define VERSION(n) "lunette.http.get('/version', function() return '" #n "' end)"

static void test_requests(void **state)
{
	struct served served;
	int status;

	(void)state;
	serve_well(&served, VERSION(1), 2, 10);
	check_get(&served, "/version", "1");
	free(get(&served, "/nothing", &status));
	assert_int_equal(status, 404);
	assert_int_equal(figures_of(&served).workers, 2);
	assert_int_equal(figures_of(&served).generation, 1);
	end_serving(&served);
}

static void test_a_script_that_fails(void **state)
{
	struct served served;

	(void)state;
	serve(&served, "error('at the top')", 2, 10);
	assert_null(served.pool);
	assert_non_null(strstr(served.err, "a.lua:2: at the top"));
	end_serving(&served);
}

static void test_reload(void **state)
{
	struct served served;
	char *err = NULL;

	(void)state;
	serve_well(&served, VERSION(1), 2, 10);
	write_script(&served, VERSION(2));
	assert_int_equal(lun_pool_reload(served.pool, &err), 0);
	check_get(&served, "/version", "2");
	assert_int_equal(figures_of(&served).generation, 2);
	write_script(&served, "error('no')");
	assert_int_equal(lun_pool_reload(served.pool, &err), -1);
	assert_non_null(strstr(err, "a.lua:2: no"));
	free(err);
	check_get(&served, "/version", "2");
	assert_int_equal(figures_of(&served).generation, 2);
	end_serving(&served);
}

/* Over a reload a connection keeps its VM, and is asked to connect again. */
static void test_reload_with_a_connection(void **state)
{
	static const char code[] = "lunette.http.websocket('/ws', { open = function(conn) "
				   "conn:send('in') end })";
	struct served served;
	struct lun_conn *conn;
	char *err = NULL;

	(void)state;
	serve_well(&served, code, 1, 10);
	conn = connect_to(&served, "/ws");
	check_next(conn, "in");
	assert_int_equal(figures_of(&served).connections, 1);
	assert_int_equal(lun_pool_reload(served.pool, &err), 0);
	assert_int_equal(wait_for_close(conn), 1012);
	lun_conn_gone(conn, 1012, "");
	assert_int_equal(figures_of(&served).connections, 0);
	end_serving(&served);
}

/* One job runs, the queue is full, and one more request is refused. */
static void test_a_full_queue(void **state)
{
	struct stuck_job jobs[6];
	struct served served;
	size_t i;

	(void)state;
	serve_well(&served, VERSION(1), 1, 0);
	get_stuck(&served, &jobs[0]);
	for (i = 1; i < 5; i++) {
		init_stuck(&jobs[i]);
		assert_int_equal(lun_job_submit(served.pool, &jobs[i].job), 0);
	}
	assert_int_equal(figures_of(&served).queued, 4);
	init_stuck(&jobs[5]);
	assert_int_equal(lun_job_submit(served.pool, &jobs[5].job), -EBUSY);
	lun_job_unref(&jobs[5].job);
	for (i = 0; i < 6; i++)
		let_go(&jobs[i]);
	check_get(&served, "/version", "1");
	end_serving(&served);
}

static void *reload_in_thread(void *arg)
{
	struct served *served = arg;

	if (!lun_pool_reload(served->pool, &served->err))
		return NULL;
	return served->err;
}

/* A script that is still loading does not delay the end. */
static void test_stop_loading(void **state)
{
	struct served served;
	pthread_t thread;
	void *err;

	(void)state;
	serve_well(&served, "lunette.shared.set('loads', 0)", 2, 1000);
	write_script(&served,
		"lunette.shared.incr('loads', 1)\n"
		"if lunette.shared.get('loads') == 2 then lunette.shared.set('both', true) end\n"
		"while true do end");
	assert_int_equal(pthread_create(&thread, NULL, reload_in_thread, &served), 0);
	usleep(300000); // whether it has begun or not, it ends
	lun_pool_stop_loading(served.pool);
	pthread_join(thread, &err);
	assert_non_null(err);
	assert_string_equal(err, "the server ends");
	end_serving(&served);
}

static void test_nothing_is_taken_after_the_end(void **state)
{
	struct served served;
	int status;

	(void)state;
	serve_well(&served, VERSION(1), 1, 10);
	lun_pool_retire(served.pool, 60);
	assert_null(get(&served, "/version", &status));
	assert_int_equal(status, -ESHUTDOWN);
	end_serving(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_a_script_that_fails),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_reload_with_a_connection),
		cmocka_unit_test(test_a_full_queue),
		cmocka_unit_test(test_stop_loading),
		cmocka_unit_test(test_nothing_is_taken_after_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
