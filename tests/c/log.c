/* Messages in the log: foreign text can neither forge a record nor command a terminal. */
#include "text/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *message, const char *wanted)
{
	struct lun_out out;

	lun_out_init(&out);
	lun_log_write(&out, message);
	lun_out_char(&out, '\0');
	assert_string_equal(out.data, wanted);
	lun_out_free(&out);
}

static void test_escapes(void **state)
{
	(void)state;
	check("", "");
	check("plain \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 text\tx",
		"plain \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 text\tx");
	check("a\n2026-12-01T00:00:00Z error b", "a\\n2026-12-01T00:00:00Z error b");
	check("a\r\nb", "a\\x0d\\nb");
	check("\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f");
	check("\xc2\x9b"
	      "31m",
		"\\u{9b}31m");
	check("\xe2\x80\xae"
	      "txt",
		"\\u{202e}txt");
	check("\xe2\x81\xa6\xd8\x9c\xe2\x80\xa8", "\\u{2066}\\u{61c}\\u{2028}");
	check("\xff\xc3(\xed\xa0\x80", "\\xff\\xc3(\\xed\\xa0\\x80");
}

static void test_traceback(void **state)
{
	(void)state;
	check("bad\nstack traceback:\n\t[C]: in ?\n\tx.lua:1: in f",
		"bad\nstack traceback:\n\t[C]: in ?\n\tx.lua:1: in f");
	check("bad\nstack traceback: x", "bad\\nstack traceback: x");
}

static void test_cut(void **state)
{
	enum { LEN = 3000000 };
	char *message = malloc(LEN + 1);
	struct lun_out out;

	(void)state;
	memset(message, 'x', LEN);
	message[LEN] = '\0';
	lun_out_init(&out);
	lun_log_write(&out, message);
	assert_true(out.len < 8300);
	lun_out_char(&out, '\0');
	assert_non_null(strstr(out.data, "x … (3000000 bytes in all)"));
	lun_out_free(&out);
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_traceback),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
