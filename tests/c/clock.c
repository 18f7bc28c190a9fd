/* Timers of connections: an event at each interval, one at a time, until the connection ends. */
#include "support/pool.h"

static const char code[] =
	"lunette.http.websocket('/ws', {\n"
	"  open = function(conn) conn:every(0.01, 'fast') conn:every(1000, 'slow') end,\n"
	"  message = function(conn, text)\n"
	"    if text == 'stop' then conn:unsubscribe('fast') conn:send('stopped') end\n"
	"    if text == 'hold' then lunette.sleep(0.2) conn:unsubscribe('fast') "
	"conn:send('held') end\n"
	"  end,\n"
	"  event = function(conn, tag) conn:send(tag) end,\n"
	"})";

static void say(struct lun_conn *conn, const char *text)
{
	assert_int_equal(lun_conn_message(conn, text, strlen(text)), 0);
}

/* Drops messages up to this one; returns their number. */
static int skip_to(struct lun_conn *conn, const char *wanted)
{
	struct lun_message *message;
	char reason[124];
	int code_, n = 0;
	bool found;

	do {
		assert_int_equal(lun_conn_next(conn, ALARM * 1000, &message, &code_, reason), 1);
		found = message->text->len == strlen(wanted) &&
			memcmp(message->text->data, wanted, message->text->len) == 0;
		lun_message_free(message);
		n++;
	} while (!found);
	return n - 1;
}

static void test_every(void **state)
{
	struct served served;
	struct lun_conn *conn;

	(void)state;
	serve_well(&served, code, 1, 10);
	conn = connect_to(&served, "/ws");
	for (int i = 0; i < 5; i++)
		check_next(conn, "fast");
	lun_conn_gone(conn, 1000, "");
	end_serving(&served);
}

/* A VM that is busy for twenty intervals gets one event, not twenty. */
static void test_beats_are_skipped(void **state)
{
	struct served served;
	struct lun_conn *conn;
	struct lun_message *message;
	char reason[124];
	int code_;

	(void)state;
	serve_well(&served, code, 1, 10);
	conn = connect_to(&served, "/ws");
	check_next(conn, "fast");
	say(conn, "hold");
	skip_to(conn, "held");
	if (lun_conn_next(conn, 100, &message, &code_, reason) == 1)
		lun_message_free(message);
	assert_int_equal(lun_conn_next(conn, 100, &message, &code_, reason), 0);
	lun_conn_gone(conn, 1000, "");
	end_serving(&served);
}

static void test_stops(void **state)
{
	struct served served;
	struct lun_conn *conn;
	struct lun_message *message;
	char reason[124];
	int code_;

	(void)state;
	serve_well(&served, code, 1, 10);
	conn = connect_to(&served, "/ws");
	say(conn, "stop");
	skip_to(conn, "stopped");
	/* An event already on its way when the timer was removed is not delivered. */
	if (lun_conn_next(conn, 100, &message, &code_, reason) == 1)
		lun_message_free(message);
	assert_int_equal(lun_conn_next(conn, 100, &message, &code_, reason), 0);
	lun_conn_gone(conn, 1000, "");
	end_serving(&served);
}

/* The thread ends with the last timer and starts again with the next. */
static void test_many_connections(void **state)
{
	struct served served;

	(void)state;
	serve_well(&served, code, 2, 10);
	for (int i = 0; i < 20; i++) {
		struct lun_conn *one = connect_to(&served, "/ws"), *other;

		check_next(one, "fast");
		other = connect_to(&served, "/ws");
		lun_conn_gone(one, 1000, "");
		check_next(other, "fast");
		lun_conn_gone(other, 1000, "");
	}
	end_serving(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every),
		cmocka_unit_test(test_beats_are_skipped),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_many_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
