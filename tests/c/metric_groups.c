/* Groups: limits, the largest ones, order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "metric/exported.h"
#include "metric/group_order.h"

static struct lun_metric_number u64(uint64_t v)
{
	return (struct lun_metric_number){ .kind = LUN_NUMBER_U64, .u64 = v };
}

static struct lun_metric_number f64(double v)
{
	return (struct lun_metric_number){ .kind = LUN_NUMBER_F64, .f64 = v };
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

/* The same hundred groups, whether they are chosen at the end or meanwhile. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_group_limit),
		cmocka_unit_test(test_prune),
		cmocka_unit_test(test_prune_keeps_finding),
		cmocka_unit_test(test_first_stays),
		cmocka_unit_test(test_compare),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
