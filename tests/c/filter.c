/* Conditions on entries, compiled: every comparison, combinations, and limits. */
#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/read/filter.h"

/* A map that is never read: only its sizes matter. */
static struct lun_map map = { .fd = -1, .cpus = 1, .stride = 24, .value_bytes = 24 };
static struct lun_plan *plan;

static struct lun_plan *value_plan(void)
{
	static const char *const kinds[] = { "u64", "pointer", "cstring" };
	struct lun_plan *made = lun_plan_new();
	struct lun_op op = { .kind = LUN_K_STRUCT, .size = 24 };

	assert_int_equal(lun_plan_open(made, &op, NULL), 0);
	for (uint32_t i = 0; i < 3; i++) {
		memset(&op, 0, sizeof(op));
		assert_int_equal(lun_op_parse(kinds[i], &op), 0);
		op.offset = 8 * i;
		op.size = 8;
		assert_int_equal(lun_plan_leaf(made, &op, kinds[i]), 0);
	}
	assert_int_equal(lun_plan_close(made), 0);
	assert_int_equal(lun_plan_finish(made, 24), 0);
	return made;
}

static int add(struct lun_filter *where, enum lun_filter_op op, uint32_t column, const char *text)
{
	struct lun_value in = { .kind = LUN_V_STR, .s = text }, wanted;
	char error[LUN_ENCODE_ERROR];
	enum lun_compare by = LUN_BY_TEXT;
	struct lun_column cell;
	struct lun_ctx ctx;
	int err = 0;

	in.len = strlen(text);
	wanted = in;
	lun_ctx_init(&ctx);
	assert_int_equal(lun_column_init(&cell, &map, plan, false, column), 0);
	if (op < LUN_FILTER_CONTAINS)
		err = lun_order_wanted(plan, &plan->ops[cell.op], &ctx, &in, &wanted, &by, error);
	if (err)
		lun_column_free(&cell);
	else
		err = lun_filter_add(where, op, &cell, &wanted, by);
	lun_ctx_free(&ctx);
	return err;
}

struct entry {
	uint64_t number, pointer;
	char text[8];
};

static const struct entry huge = { UINT64_MAX, 0xffff888000001000, "Bash" };
static const struct entry small = { 5, 0, "zsh" };

static bool passes(struct lun_filter *where, const struct entry *entry)
{
	return lun_filter_passes(where, NULL, (const uint8_t *)entry);
}

/* The entries that pass a test: 1: the large one, 2: the small one. */
static int one(enum lun_filter_op op, uint32_t column, const char *text)
{
	struct lun_filter where;
	int which;

	lun_filter_init(&where);
	assert_int_equal(add(&where, op, column, text), 0);
	which = passes(&where, &huge) | passes(&where, &small) << 1;
	lun_filter_free(&where);
	return which;
}

static void test_ways_to_compare(void **state)
{
	(void)state;
	assert_int_equal(one(LUN_FILTER_GT, 0, "9223372036854775807"), 1);
	assert_int_equal(one(LUN_FILTER_EQ, 0, "18446744073709551615"), 1);
	assert_int_equal(one(LUN_FILTER_LT, 0, "5.5"), 2);
	assert_int_equal(one(LUN_FILTER_GE, 0, "-1"), 3);
	assert_int_equal(one(LUN_FILTER_EQ, 1, "0xffff888000001000"), 1);
	assert_int_equal(one(LUN_FILTER_GT, 1, "0"), 1);
	assert_int_equal(one(LUN_FILTER_LE, 1, "0x1000"), 2);
	assert_int_equal(one(LUN_FILTER_EQ, 2, "zsh"), 2);
	assert_int_equal(one(LUN_FILTER_NE, 2, "zsh"), 1);
	assert_int_equal(one(LUN_FILTER_CONTAINS, 2, "SH"), 3);
	assert_int_equal(one(LUN_FILTER_STARTS, 2, "ba"), 1);
	assert_int_equal(one(LUN_FILTER_STARTS, 1, "0xffff"), 1);
}

static void test_what_cannot_be_compared(void **state)
{
	struct lun_filter where;

	(void)state;
	lun_filter_init(&where);
	assert_int_equal(add(&where, LUN_FILTER_EQ, 0, "many"), -EINVAL);
	assert_int_equal(add(&where, LUN_FILTER_GT, 1, ""), -EINVAL);
	assert_int_equal(where.nr_tests, 0);
	assert_true(passes(&where, &small));
	lun_filter_free(&where);
}

static int joined(enum lun_filter_op how)
{
	struct lun_filter where;
	int which;

	lun_filter_init(&where);
	assert_int_equal(lun_filter_open(&where, how), 0);
	assert_int_equal(add(&where, LUN_FILTER_EQ, 0, "5"), 0);
	assert_int_equal(add(&where, LUN_FILTER_EQ, 2, "Bash"), 0);
	assert_int_equal(lun_filter_close(&where), 0);
	assert_int_equal(add(&where, LUN_FILTER_EQ, 0, "5"), -EINVAL);
	which = passes(&where, &huge) | passes(&where, &small) << 1;
	lun_filter_free(&where);
	return which;
}

static void test_joined(void **state)
{
	(void)state;
	assert_int_equal(joined(LUN_FILTER_ALL), 0);
	assert_int_equal(joined(LUN_FILTER_ANY), 3);
	assert_int_equal(joined(LUN_FILTER_NONE), 0);
	assert_int_equal(lun_filter_parse("any"), LUN_FILTER_ANY);
	assert_int_equal(lun_filter_parse("some"), -ENOENT);
}

static void test_limits(void **state)
{
	struct lun_filter where;
	int err = 0, depth = 0;

	(void)state;
	lun_filter_init(&where);
	assert_int_equal(lun_filter_close(&where), -EINVAL);
	while (!err && depth < 100) {
		err = lun_filter_open(&where, LUN_FILTER_ALL);
		depth += !err;
	}
	assert_int_equal(err, -E2BIG);
	assert_int_equal(depth, 16);
	lun_filter_free(&where);
}

static int setup(void **state)
{
	(void)state;
	plan = value_plan();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lun_plan_unref(plan);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways_to_compare),
		cmocka_unit_test(test_what_cannot_be_compared),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
