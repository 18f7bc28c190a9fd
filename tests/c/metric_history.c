/* Values of series at earlier scrapes, and the times of their last changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "metric/history.h"

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
	assert_null(lun_history_past(h, 300)); /* forgotten after an hour */
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

/* A series without room is always new, and never left out. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_expiry_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
