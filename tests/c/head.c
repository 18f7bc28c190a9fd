/* The head of a request, byte by byte: accepted ones, and refusals with their status. */
#include "http/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char buffer[64 << 10];
static struct lun_head head;
static const char *why;

static int parse(const char *text)
{
	size_t len = strlen(text);

	memcpy(buffer, text, len);
	assert_int_equal(lun_head_end(text, (int)len), len);
	return lun_head_parse(buffer, len, &head, &why);
}

static const char *field(const char *name)
{
	for (size_t i = 0; i < head.fields_len; i++) {
		if (strcmp(head.fields[i].name, name) == 0)
			return head.fields[i].value;
	}
	return NULL;
}

static void test_taken(void **state)
{
	(void)state;
	assert_int_equal(parse("GET /a?b HTTP/1.1\r\nHost:  h\t \r\nX:\r\n\r\n"), 0);
	assert_string_equal(head.method, "GET");
	assert_string_equal(head.target, "/a?b");
	assert_string_equal(head.version, "1.1");
	assert_int_equal(head.fields_len, 2);
	assert_string_equal(field("Host"), "h");
	assert_string_equal(field("X"), "");
	assert_int_equal(parse("\r\n\r\nGET / HTTP/1.0\r\n\r\n"), 0);
	assert_string_equal(head.version, "1.0");
	assert_int_equal(parse("GET / HTTP/1.1\r\nX: a\tb \xc3\xa9\r\n\r\n"), 0);
	assert_string_equal(field("X"), "a\tb \xc3\xa9");
}

static void test_targets(void **state)
{
	(void)state;
	assert_int_equal(parse("GET http://a:1/p?q HTTP/1.1\r\nHost: b\r\n\r\n"), 0);
	assert_string_equal(head.target, "/p?q");
	assert_string_equal(field("Host"), "a:1");
	assert_int_equal(parse("GET HTTPS://a HTTP/1.1\r\nHost: b\r\n\r\n"), 0);
	assert_string_equal(head.target, "/");
	assert_string_equal(field("Host"), "a");
	assert_int_equal(parse("GET http://a?q HTTP/1.0\r\n\r\n"), 0);
	assert_string_equal(head.target, "/?q");
	assert_string_equal(field("Host"), "a");
	assert_int_equal(parse("GET http://a/ HTTP/1.1\r\n\r\n"), 0);
	assert_null(field("Host")); // HTTP/1.1 requires the field even then
	assert_int_equal(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
	assert_string_equal(head.target, "*");
}

static void check_refused(const char *text, int status)
{
	why = NULL;
	if (parse(text) != status)
		fail_msg("%s: not refused by %d (%s)", text, status, why ? why : "taken");
	assert_non_null(why);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\r\n: x\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
		"GET / HTTP/1.1\r\n\tHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost\r\n\r\n",
		"GET / HTTP/1.1\r\nHo st: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\n\n",
		"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
		"GET  / HTTP/1.1\r\n\r\n",
		" GET / HTTP/1.1\r\n\r\n",
		"GET /\r\n\r\n",
		"GET / HTTP/1.1 x\r\n\r\n",
		"GET / http/1.1\r\n\r\n",
		"GET /a#b HTTP/1.1\r\n\r\n",
		"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
		"G(T / HTTP/1.1\r\n\r\n",
		"GET * HTTP/1.1\r\n\r\n",
		"GET a HTTP/1.1\r\n\r\n",
		"GET http:///a HTTP/1.1\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\n\r\n",
		"GET file://a/b HTTP/1.1\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (strstr(bad[i], "HTTP/1.1 x"))
			check_refused(bad[i], 505);
		else
			check_refused(bad[i], 400);
	}
	check_refused("GET / HTTP/2.0\r\n\r\n", 505);
}

static void test_many_fields(void **state)
{
	char text[4096] = "GET / HTTP/1.1\r\n";
	size_t len = strlen(text);

	(void)state;
	for (int i = 0; i < LUN_HEAD_FIELDS; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "X-%d: y\r\n", i);
	snprintf(text + len, sizeof(text) - len, "\r\n");
	assert_int_equal(parse(text), 0);
	assert_int_equal(head.fields_len, LUN_HEAD_FIELDS);
	snprintf(text + len, sizeof(text) - len, "Host: a\r\n\r\n");
	check_refused(text, 431);
}

static void test_end(void **state)
{
	(void)state;
	assert_int_equal(lun_head_end("GET / HTTP/1.1\r\n", 16), 0);
	assert_int_equal(lun_head_end("GET / HTTP/1.1\r\n\r\nbody", 22), 18);
	assert_int_equal(lun_head_end("\r\n\r\n", 4), 0); // empty lines before the head
	assert_int_equal(lun_head_end("\r\n\r\nG\r\n\r\n", 9), 9);
	assert_int_equal(lun_head_end("G\n\nx", 4), 3); // refused then, for its missing CR
	assert_int_equal(lun_head_end("G\0", 2), -1);
	assert_int_equal(lun_head_end("\x1b[", 2), -1);
	assert_int_equal(lun_head_end("", 0), 0);
}

/* Random bytes of the significant characters: no access beyond the buffer (checked by the
 * sanitizers). */
static void test_random(void **state)
{
	static const char alphabet[] = "GET /*: \t\r\n\r\n\r\nHost:http://a?#1.0HTTP/";

	(void)state;
	srand(1);
	for (int i = 0; i < 200000; i++) {
		int len = rand() % 96, end;
		char *data = malloc((size_t)len + 1);

		for (int j = 0; j < len; j++)
			data[j] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		if (i % 2 && len > 20)
			memcpy(data, "GET / HTTP/1.1\r\n", 16);
		end = lun_head_end(data, len);
		assert_true(end <= len);
		if (end > 0) {
			char *exact = malloc((size_t)end);

			memcpy(exact, data, (size_t)end);
			lun_head_parse(exact, (size_t)end, &head, &why);
			free(exact);
		}
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many_fields),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
