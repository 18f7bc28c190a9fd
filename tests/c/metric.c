/* Lines, groups and pages of metrics, without Lua. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "text/gzip.h"
#include "metric/history.h"
#include "metric/page.h"
#include "metric/group_order.h"

static void assert_text(struct lun_out *out, const char *text)
{
	lun_out_char(out, '\0');
	assert_int_equal(out->err, 0);
	assert_string_equal(out->data, text);
	lun_out_free(out);
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
	/* A character of three bytes that would be split goes as a whole. */
	memcpy(text + LUN_METRIC_LABEL_MAX - 1, "\xe2\x82\xac", 3);
	assert_int_equal(lun_metric_label_cut(text, sizeof(text)), LUN_METRIC_LABEL_MAX - 1);
}

static void write_number(const char *text, struct lun_metric_number number, double divisor)
{
	struct lun_out out;

	lun_out_init(&out);
	lun_metric_number_write(&out, number, divisor);
	assert_text(&out, text);
}

static struct lun_metric_number u64(uint64_t v)
{
	return (struct lun_metric_number){ .kind = LUN_NUMBER_U64, .u64 = v };
}

static struct lun_metric_number f64(double v)
{
	return (struct lun_metric_number){ .kind = LUN_NUMBER_F64, .f64 = v };
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

static struct lun_groups *filled(size_t groups, size_t limit)
{
	enum lun_merge sum = LUN_MERGE_SUM;
	struct lun_groups *t = lun_groups_new(1, 1, &sum, limit);

	for (size_t i = 0; i < groups; i++) {
		char name[32];
		struct lun_slice label = { name,
			(size_t)snprintf(name, sizeof(name), "g%06zu", i) };
		int64_t group = lun_groups_group(t, &label);

		if (group >= 0)
			lun_groups_add(t, (size_t)group, 0, u64(i * 7919 % groups));
	}
	return t;
}

static void test_group_limit(void **state)
{
	struct lun_groups *t = filled(100, 10);

	(void)state;
	assert_int_equal(lun_groups_size(t), 10);
	assert_int_equal(lun_groups_dropped(t), 90);
	lun_groups_free(t);
}

/* The same hundred whether they are chosen at the end or on the way. */
static void test_prune(void **state)
{
	enum { ALL = 5000, TOP = 100 };
	struct lun_groups *whole = filled(ALL, ALL), *pruned = filled(ALL, ALL);
	struct lun_export_opts opts = { .top = TOP, .max = SIZE_MAX };
	struct lun_exported *a, *b;

	(void)state;
	assert_int_equal(lun_groups_prune(pruned, 500, (struct lun_rank){ 0, 1 }), 0);
	assert_int_equal(lun_groups_size(pruned), 500);
	a = lun_exported_new(whole, &opts);
	b = lun_exported_new(pruned, &opts);
	assert_int_equal(a->cut_top, ALL - TOP);
	assert_int_equal(b->cut_top, ALL - TOP);
	for (size_t i = 0; i < TOP; i++) {
		struct lun_slice x = lun_groups_label(a->groups, a->order[i], 0);
		struct lun_slice y = lun_groups_label(b->groups, b->order[i], 0);

		assert_memory_equal(x.data, y.data, x.len);
		assert_true(lun_groups_get(a->groups, a->order[i], 0).u64 >= ALL - TOP);
	}
	lun_exported_unref(a);
	lun_exported_unref(b);
}

static void test_prune_keeps_finding(void **state)
{
	struct lun_groups *t = filled(1000, 1000);
	struct lun_slice label = { "new", 3 };
	int64_t group;

	(void)state;
	lun_groups_prune(t, 10, (struct lun_rank){ 0, 1 });
	group = lun_groups_group(t, &label);
	assert_int_equal(group, 10);
	assert_int_equal(lun_groups_group(t, &label), group);
	lun_groups_free(t);
}

static void test_first_stays(void **state)
{
	enum lun_merge first = LUN_MERGE_FIRST;
	struct lun_groups *t = lun_groups_new(0, 1, &first, 1);
	int64_t group = lun_groups_group(t, NULL);

	(void)state;
	assert_int_equal(group, 0);
	assert_int_equal(lun_groups_get(t, 0, 0).kind, LUN_NUMBER_NONE);
	assert_int_equal(lun_groups_add(t, 0, 0, u64(1)), 0);
	assert_int_equal(lun_groups_add(t, 0, 0, u64(2)), -EEXIST);
	assert_int_equal(lun_groups_get(t, 0, 0).u64, 1);
	lun_groups_free(t);
}

static void test_compare(void **state)
{
	(void)state;
	assert_true(lun_number_compare(u64(UINT64_MAX), u64(UINT64_MAX - 1)) > 0);
	assert_true(lun_number_compare(f64(1.5), u64(2)) < 0);
	assert_int_equal(lun_number_compare(u64(3), u64(3)), 0);
}

static void test_history(void **state)
{
	struct lun_history *h = lun_history_open("rule", 10);
	struct lun_past *past;

	(void)state;
	assert_true(lun_history_before(h) == 0);
	for (uint64_t key = 1; key <= 1000; key++) {
		past = lun_history_past(h, key);
		assert_non_null(past);
		past->seen = key <= 500 ? 10 : 4000;
		past->created = (double)key;
	}
	lun_history_close(h, 4000);
	h = lun_history_open("rule", 3999);
	assert_true(lun_history_stale(h));
	assert_true(lun_history_past(h, 700)->created == 700);
	assert_null(lun_history_past(h, 7000));
	assert_null(lun_history_past(h, 300)); /* forgotten: not seen for an hour */
	lun_history_close(h, 4000);
	lun_history_clear();
}

static void test_expiry(void **state)
{
	enum { SERIES = 100000 };
	struct lun_expiry *e = lun_expiry_new();

	(void)state;
	for (uint64_t i = 0; i < SERIES; i++)
		assert_true(lun_expiry_note(e, i * 0x9e3779b97f4a7c15ull, i, 1000) == 0);
	for (uint64_t i = 0; i < SERIES; i++)
		assert_true(lun_expiry_note(e, i * 0x9e3779b97f4a7c15ull, i + i % 2, 1060) ==
			(i % 2 ? 0 : 60));
	assert_true(lun_expiry_look(e, 0x9e3779b97f4a7c15ull, 1090) == 30);
	assert_true(lun_expiry_note(e, 1, 7, 5000) == 0);
	lun_expiry_sweep(e, 4000);
	assert_true(lun_expiry_look(e, 2 * 0x9e3779b97f4a7c15ull, 5030) == 0);
	assert_true(lun_expiry_look(e, 1, 5030) == 30);
	lun_expiry_free(e);
}

/* What has no room is new each time, and never left out. */
static void test_expiry_is_bounded(void **state)
{
	struct lun_expiry *e = lun_expiry_new();
	size_t known = 0;

	(void)state;
	for (uint64_t i = 0; i < 700000; i++)
		lun_expiry_note(e, i * 0x9e3779b97f4a7c15ull, i, 1000);
	for (uint64_t i = 0; i < 700000; i++)
		known += lun_expiry_look(e, i * 0x9e3779b97f4a7c15ull, 1010) > 0;
	assert_true(known > 500000 && known <= 1 << 19);
	lun_expiry_free(e);
}

static struct lun_page *page_of(size_t groups)
{
	struct lun_metric_view_label label = { .name = "g", .index = 0 };
	struct lun_metric_view view = { .labels = &label, .n_labels = 1, .divisor = 1, .sum = -1 };
	struct lun_metric_head head = { "x", NULL, NULL, LUN_METRIC_GAUGE };
	struct lun_export_opts opts = { .max = SIZE_MAX };
	struct lun_exported *sel = lun_exported_new(filled(groups, groups), &opts);
	struct lun_page *page = lun_page_new();

	assert_int_equal(lun_page_family(page, &head), 0);
	assert_int_equal(lun_page_family(page, &head), -EEXIST);
	assert_int_equal(lun_page_view(page, 0, sel, &view), 0);
	lun_exported_unref(sel);
	return page;
}

static void test_page_outlives_its_maker(void **state)
{
	struct lun_page *page = page_of(2);
	struct lun_source *source = lun_page_source(page, LUN_METRIC_OPEN);
	struct lun_out out;

	(void)state;
	lun_page_unref(page);
	lun_out_init(&out);
	while (source->pull(source, &out) > 0)
		;
	source->close(source);
	assert_text(&out, "# TYPE x gauge\nx{g=\"g000000\"} 0\nx{g=\"g000001\"} 1\n# EOF\n");
}

/* Reads a source to its end, and says how many pulls that took. */
static size_t drain(struct lun_source *source, struct lun_out *all)
{
	size_t pulls = 1;

	while (source->pull(source, all) > 0)
		pulls++;
	source->close(source);
	return pulls;
}

static void test_gzip_source(void **state)
{
	struct lun_page *page = page_of(20000);
	struct lun_out plain, packed;
	z_stream z = { 0 };
	char *text;

	(void)state;
	lun_out_init(&plain);
	lun_out_init(&packed);
	assert_true(drain(lun_page_source(page, LUN_METRIC_CLASSIC), &plain) > 5);
	assert_true(drain(lun_gzip_source(lun_page_source(page, LUN_METRIC_CLASSIC)), &packed) > 5);
	text = malloc(plain.len);
	z.next_in = (unsigned char *)packed.data;
	z.avail_in = (unsigned int)packed.len;
	z.next_out = (unsigned char *)text;
	z.avail_out = (unsigned int)plain.len;
	assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	assert_int_equal(z.total_out, plain.len);
	assert_memory_equal(text, plain.data, plain.len);
	free(text);
	lun_out_free(&plain);
	lun_out_free(&packed);
	lun_page_unref(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chars),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_group_limit),
		cmocka_unit_test(test_prune),
		cmocka_unit_test(test_prune_keeps_finding),
		cmocka_unit_test(test_first_stays),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_expiry_is_bounded),
		cmocka_unit_test(test_page_outlives_its_maker),
		cmocka_unit_test(test_gzip_source),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
