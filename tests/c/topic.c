/* Topics: each subscriber gets published values in order, until it unsubscribes. */
#include "support/pool.h"

static const char code[] =
	"lunette.http.websocket('/ws', {\n"
	"  open = function(conn) conn:subscribe('news', 'first') conn:send('in') end,\n"
	"  message = function(conn, text)\n"
	"    if text == 'leave' then conn:unsubscribe('first') conn:send('left') return end\n"
	"    if text == 'again' then conn:subscribe('news', 'second') conn:send('twice') return "
	"end\n"
	"    conn:send(tostring(lunette.topic('news'):publish { text = text }))\n"
	"  end,\n"
	"  event = function(conn, tag, payload) conn:send(tag .. ':' .. payload.text) end,\n"
	"})\n"
	"lunette.http.get('/publish', function() return tostring(lunette.topic('news'):publish { "
	"text = 'x' }) end)";

static struct lun_conn *join(const struct served *served)
{
	struct lun_conn *conn = connect_to(served, "/ws");

	check_next(conn, "in");
	return conn;
}

static void say(struct lun_conn *conn, const char *text)
{
	assert_int_equal(lun_conn_message(conn, text, strlen(text)), 0);
}

static void test_all_subscribers(void **state)
{
	struct served served;
	struct lun_conn *one, *other;

	(void)state;
	serve_well(&served, code, 2, 10);
	check_get(&served, "/publish", "0");
	one = join(&served);
	other = join(&served);
	check_get(&served, "/publish", "2");
	check_next(one, "first:x");
	check_next(other, "first:x");
	lun_conn_gone(one, 1000, "");
	check_get(&served, "/publish", "1");
	check_next(other, "first:x");
	lun_conn_gone(other, 1000, "");
	check_get(&served, "/publish", "0");
	end_serving(&served);
}

static void test_tags(void **state)
{
	struct served served;
	struct lun_conn *conn;

	(void)state;
	serve_well(&served, code, 1, 10);
	conn = join(&served);
	say(conn, "again");
	check_next(conn, "twice");
	check_get(&served, "/publish", "2");
	check_next(conn, "second:x");
	check_next(conn, "first:x");
	say(conn, "leave");
	check_next(conn, "left");
	check_get(&served, "/publish", "1");
	check_next(conn, "second:x");
	lun_conn_gone(conn, 1000, "");
	end_serving(&served);
}

static void *publish_many(void *arg)
{
	for (int i = 0; i < 200; i++) {
		int status;

		free(get(arg, "/publish", &status));
	}
	return NULL;
}

/* Subscribers come and go while other threads publish. */
static void test_coming_and_going(void **state)
{
	struct served served;
	pthread_t threads[2];

	(void)state;
	serve_well(&served, code, 2, 10);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, publish_many, &served), 0);
	for (int i = 0; i < 50; i++)
		lun_conn_gone(join(&served), 1000, "");
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	check_get(&served, "/publish", "0");
	end_serving(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_subscribers),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_coming_and_going),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
