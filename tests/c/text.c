/* src/text: exact numbers, escapes, UTF-8, streams in constant memory. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "text/csv.h"
#include "text/json.h"
#include "text/out.h"
#include "text/terminal.h"

static const char *text(struct lun_out *out)
{
	lun_out_char(out, '\0');
	out->len--;
	return out->data;
}

static void check_double(double v, const char *want)
{
	struct lun_out out;

	lun_out_init(&out);
	lun_out_double(&out, v);
	assert_string_equal(text(&out), want);
	lun_out_free(&out);
}

static void test_integers(void **state)
{
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	lun_out_u64(&out, UINT64_MAX);
	lun_out_char(&out, ' ');
	lun_out_i64(&out, INT64_MIN);
	lun_out_char(&out, ' ');
	lun_out_u64(&out, 0);
	assert_string_equal(text(&out), "18446744073709551615 -9223372036854775808 0");
	lun_out_free(&out);
}

static void test_doubles(void **state)
{
	(void)state;
	check_double(0.1, "0.1");
	check_double(3.0, "3");
	check_double(-2.5, "-2.5");
	check_double(1.0 / 3, "0.3333333333333333");
	check_double(9007199254740992.0, "9007199254740992");
	check_double(1e300, "1e+300");
	check_double(NAN, "NaN");
	check_double(INFINITY, "+Inf");
	check_double(-INFINITY, "-Inf");
}

static void check_json(const char *s, size_t len, const char *want)
{
	struct lun_out out;

	lun_out_init(&out);
	lun_json_str(&out, s, len);
	assert_string_equal(text(&out), want);
	lun_out_free(&out);
}

static void test_json_strings(void **state)
{
	(void)state;
	check_json("a\"b\\c\n\x01", 7, "\"a\\\"b\\\\c\\n\\u0001\"");
	check_json("\0x", 2, "\"\\u0000x\"");
	check_json("gr\xc3\xbc\xc3\x9f", 6, "\"gr\xc3\xbc\xc3\x9f\"");
	check_json("\xf0\x9f\x8c\x99", 4, "\"\xf0\x9f\x8c\x99\"");
}

static void test_json_bad_utf8(void **state)
{
	(void)state;
	check_json("a\xff", 2, "\"a\xef\xbf\xbd\"");
	check_json("\xc0\xaf", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 /* overlong */
	check_json("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* surrogate */
	check_json("\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 /* cut */
	check_json("\xf4\x90\x80\x80", 4,
		"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* past U+10FFFF */
}

static void test_json_infinite_is_a_string(void **state)
{
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	lun_json_double(&out, NAN);
	lun_json_double(&out, -INFINITY);
	assert_string_equal(text(&out), "\"NaN\"\"-Infinity\"");
	lun_out_free(&out);
}

static void test_csv(void **state)
{
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	lun_csv_field(&out, "plain", 5, false);
	lun_out_char(&out, ',');
	lun_csv_field(&out, "a,\"b\"", 5, false);
	assert_string_equal(text(&out), "plain,\"a,\"\"b\"\"\"");
	lun_out_free(&out);
}

static void test_csv_guard(void **state)
{
	static const char *const fields[] = { "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)",
		"\tx", "=a,b", "-5", "+5.25", "-", "-5.", "a=1", "", "'=1" };
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		lun_csv_field(&out, fields[i], strlen(fields[i]), true);
		lun_out_char(&out, '\n');
	}
	lun_csv_field(&out, "=1+1", 4, false);
	assert_string_equal(text(&out),
		"'=1+1\n'+cmd|' /C calc'!A0\n'-2+3\n'@SUM(1)\n'\tx\n"
		"\"'=a,b\"\n-5\n+5.25\n'-\n-5.\na=1\n\n'=1\n=1+1");
	lun_out_free(&out);
}

static void test_first_error_stays(void **state)
{
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	lun_out_str(&out, "hello");
	assert_null(lun_out_reserve(&out, SIZE_MAX));
	assert_int_equal(out.err, -ENOMEM);
	lun_out_str(&out, ", world");
	assert_int_equal(out.len, 5);
	lun_out_reset(&out);
	lun_out_str(&out, "again");
	assert_string_equal(text(&out), "again");
	lun_out_free(&out);
}

static void test_terminal(void **state)
{
	static const char foreign[] =
		"a\x1b[1m \x7f\xc3\xa9\xe9 \xc2\x9b \xe2\x80\xae \xed\xa0\x80\n";
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	lun_terminal_text(&out, foreign, sizeof(foreign) - 1);
	assert_string_equal(text(&out),
		"a\\x1b[1m \\x7f\xc3\xa9\\xe9 \\u{9b} \\u{202e} "
		"\\xed\\xa0\\x80\\x0a");
	assert_int_equal(lun_terminal_width(out.data, out.len), out.len - 1);
	lun_out_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_json_strings),
		cmocka_unit_test(test_json_bad_utf8),
		cmocka_unit_test(test_json_infinite_is_a_string),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_guard),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_first_error_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
