/* Names, heads, labels and numbers of metrics as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "metric/format.h"

static void assert_text(struct lun_out *out, const char *text)
{
	lun_out_char(out, '\0');
	assert_int_equal(out->err, 0);
	assert_string_equal(out->data, text);
	lun_out_free(out);
}

static struct lun_metric_number u64(uint64_t v)
{
	return (struct lun_metric_number){ .kind = LUN_NUMBER_U64, .u64 = v };
}

static struct lun_metric_number f64(double v)
{
	return (struct lun_metric_number){ .kind = LUN_NUMBER_F64, .f64 = v };
}

static void write_number(const char *text, struct lun_metric_number number, double divisor)
{
	struct lun_out out;

	lun_out_init(&out);
	lun_metric_number_write(&out, number, divisor);
	assert_text(&out, text);
}

static void test_chars(void **state)
{
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	lun_metric_chars(&out, "a\"b\\c\nd\xffz\0y\xc3\xa9", 13);
	assert_text(&out, "a\\\"b\\\\c\\nd\xef\xbf\xbdz\xef\xbf\xbdy\xc3\xa9");
}

static void test_names(void **state)
{
	(void)state;
	assert_true(lun_metric_name_ok("a:b_1"));
	assert_false(lun_metric_name_ok(""));
	assert_false(lun_metric_name_ok("1a"));
	assert_false(lun_metric_name_ok("a-b"));
	assert_true(lun_metric_label_ok("_a1"));
	assert_false(lun_metric_label_ok("a:b"));
	assert_false(lun_metric_label_ok("__a"));
	assert_int_equal(lun_metric_type_parse("counter"), LUN_METRIC_COUNTER);
	assert_int_equal(lun_metric_type_parse("guage"), -EINVAL);
}

static void test_cut(void **state)
{
	char text[LUN_METRIC_LABEL_MAX + 10];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(lun_metric_label_cut(text, 5), 5);
	assert_int_equal(lun_metric_label_cut(text, sizeof(text)), LUN_METRIC_LABEL_MAX);
	/* A three-byte character at the limit is dropped as a whole. */
	memcpy(text + LUN_METRIC_LABEL_MAX - 1, "\xe2\x82\xac", 3);
	assert_int_equal(lun_metric_label_cut(text, sizeof(text)), LUN_METRIC_LABEL_MAX - 1);
}

static void test_numbers(void **state)
{
	(void)state;
	write_number("18446744073709551615", u64(UINT64_MAX), 1);
	write_number("-5", (struct lun_metric_number){ .kind = LUN_NUMBER_I64, .i64 = -5 }, 1);
	write_number("1.5", u64(1500000000), 1e9);
	write_number("0.1", u64(100000000), 1e9);
	write_number("NaN", f64(NAN), 1);
	write_number("+Inf", f64(INFINITY), 1);
	write_number("0.1", f64(0.1), 1);
}

static void test_head(void **state)
{
	struct lun_metric_head head = { "x", "a\n\\\"b", "seconds", LUN_METRIC_COUNTER };
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	lun_metric_head_write(&out, LUN_METRIC_CLASSIC, &head);
	lun_metric_head_write(&out, LUN_METRIC_OPEN, &head);
	assert_text(&out,
		"# HELP x_total a\\n\\\\\"b\n# TYPE x_total counter\n"
		"# HELP x a\\n\\\\\\\"b\n# TYPE x counter\n# UNIT x seconds\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chars),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_head),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
