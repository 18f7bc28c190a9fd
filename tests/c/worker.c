/* Workers: jobs in order of arrival, and VMs that are stuck in C code. */
#include "support/pool.h"

#include <errno.h>

static const char ws[] =
	"lunette.http.websocket('/ws', { open = function(conn) conn:send('in') end, message = "
	"function(conn, text) conn:send(text) end })\n"
	"lunette.http.get('/ok', function() return 'ok' end)";

static void wait_for_replacement(const struct served *served, unsigned workers)
{
	while (figures_of(served).workers < workers || figures_of(served).busy > 0)
		usleep(10000);
}

/* The client gets an error while the call still blocks; the job is freed after the call returns. */
static void test_a_stuck_job_is_given_up(void **state)
{
	struct served served;
	struct stuck_job job;

	(void)state;
	serve_well(&served, ws, 1, 0.5);
	get_stuck(&served, &job);
	await(&job, &job.finished);
	assert_true(job.given_up);
	assert_false(job.freed);
	assert_string_equal(job.err, "the call is stuck in C code, and was given up after 0.5 s");
	wait_for_replacement(&served, 1);
	assert_int_equal(figures_of(&served).stuck, 1);
	assert_int_equal(figures_of(&served).given_up, 1);
	wait_for(&served, "/ok", "ok");
	let_go(&job);
	while (figures_of(&served).stuck)
		usleep(10000);
	assert_int_equal(figures_of(&served).given_up, 1);
	assert_int_equal(figures_of(&served).workers, 1);
	wait_for(&served, "/ok", "ok");
	end_serving(&served);
}

/* A job that returns in time is not given up, and finishes once. */
static void test_a_job_that_comes_back(void **state)
{
	struct served served;
	struct stuck_job job;

	(void)state;
	serve_well(&served, ws, 1, 60);
	get_stuck(&served, &job);
	set_flag(&job, &job.released);
	await(&job, &job.finished);
	assert_false(job.given_up);
	assert_string_equal(job.err, "");
	let_go(&job);
	assert_int_equal(figures_of(&served).given_up, 0);
	end_serving(&served);
}

/* At most twice as many VMs are stuck as there are workers; then no VM serves until one returns. */
static void test_so_many_may_be_stuck(void **state)
{
	struct stuck_job jobs[2], waiting;
	struct served served;
	int status;

	(void)state;
	serve_well(&served, ws, 1, 0.5);
	get_stuck(&served, &jobs[0]);
	await(&jobs[0], &jobs[0].finished);
	get_stuck(&served, &jobs[1]);
	init_stuck(&waiting);
	assert_int_equal(lun_job_submit(served.pool, &waiting.job), 0);
	await(&jobs[1], &jobs[1].finished);
	await(&waiting, &waiting.finished); // it never ran
	assert_true(waiting.given_up);
	assert_false(waiting.started);
	assert_null(get(&served, "/ok", &status));
	assert_int_equal(status, -EDEADLK);
	assert_int_equal(figures_of(&served).workers, 0);
	let_go(&jobs[0]);
	wait_for(&served, "/ok", "ok");
	let_go(&jobs[1]);
	let_go(&waiting);
	end_serving(&served);
}

/* Connections of a stuck VM end, and delay neither a reload nor the end. */
static void test_connections_of_a_stuck_worker(void **state)
{
	struct served served;
	struct lun_conn *before, *after;
	struct stuck_job job;
	char *err = NULL;

	(void)state;
	serve_well(&served, ws, 1, 0.5);
	before = connect_to(&served, "/ws");
	check_next(before, "in");
	get_stuck(&served, &job);
	assert_int_equal(wait_for_close(before), 1012);
	assert_int_equal(lun_conn_message(before, "late", 4), 0); // it is closing: nobody's
	assert_int_equal(lun_conn_opened(before), -ESHUTDOWN);
	after = connect_to(&served, "/ws");
	check_next(after, "in");
	assert_int_equal(figures_of(&served).connections, 1);
	assert_int_equal(lun_pool_reload(served.pool, &err), 0);
	assert_int_equal(wait_for_close(after), 1012);
	lun_conn_gone(after, 1012, "");
	lun_conn_gone(before, 1012, "");
	let_go(&job);
	while (figures_of(&served).stuck)
		usleep(10000);
	end_serving(&served);
}

/* The end leaves a stuck thread behind instead of waiting for it. */
static void test_end_with_a_stuck_worker(void **state)
{
	static struct served served; // the stuck thread keeps using it
	struct stuck_job job;

	(void)state;
	serve_well(&served, ws, 2, 0.5);
	get_stuck(&served, &job);
	await(&job, &job.finished);
	lun_pool_close(served.pool, 60);
	served.pool = NULL;
	let_go(&job);
	end_serving(&served);
}

static void test_order(void **state)
{
	static const char code[] = "lunette.http.websocket('/ws', { message = function(conn, text) "
				   "conn:send(text) end })";
	struct served served;
	struct lun_conn *conn;
	char text[8];

	(void)state;
	serve_well(&served, code, 2, 10);
	conn = connect_to(&served, "/ws");
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "%d", i);
		assert_int_equal(lun_conn_message(conn, text, strlen(text)), 0);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "%d", i);
		check_next(conn, text);
	}
	lun_conn_gone(conn, 1000, "");
	end_serving(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_a_job_that_comes_back),
		cmocka_unit_test(test_a_stuck_job_is_given_up),
		cmocka_unit_test(test_so_many_may_be_stuck),
		cmocka_unit_test(test_connections_of_a_stuck_worker),
		cmocka_unit_test(test_end_with_a_stuck_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
