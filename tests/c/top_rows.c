/* Rows ordered in place: sorted, and cut to the first ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/read/top_rows.h"

static int compare_first(const void *user, const uint8_t *a, const uint8_t *b)
{
	(void)user;
	return (a[0] > b[0]) - (a[0] < b[0]);
}

static void fill_rows(struct lun_top_rows *rows, uint32_t nr, unsigned int step)
{
	*rows = (struct lun_top_rows){ .size = 8, .compare = compare_first };
	for (uint32_t i = 0; i < nr; i++) {
		uint8_t *row = lun_top_rows_add(rows, nr);

		assert_non_null(row);
		memset(row, (int)(i * step % 251), 8);
	}
}

static void check_order(const struct lun_top_rows *rows)
{
	for (uint32_t i = 1; i < rows->nr; i++)
		assert_true(compare_first(NULL, lun_top_rows_at(rows, i - 1),
				    lun_top_rows_at(rows, i)) <= 0);
}

/* Rising, equal and mixed rows, many of them alike. */
static void test_rows(void **state)
{
	static const unsigned int steps[] = { 0, 1, 77, 250 };
	struct lun_top_rows rows;

	(void)state;
	for (uint32_t nr = 0; nr < 700; nr += 23) {
		for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
			uint8_t nth = 0;

			fill_rows(&rows, nr, steps[i]);
			lun_top_rows_sort(&rows);
			assert_int_equal(rows.nr, nr);
			check_order(&rows);
			if (nr)
				nth = lun_top_rows_at(&rows, nr / 2)[0];
			lun_top_rows_free(&rows);

			fill_rows(&rows, nr, steps[i]);
			lun_top_rows_cut(&rows, nr / 2 + 1);
			if (nr)
				assert_int_equal(lun_top_rows_at(&rows, nr / 2)[0], nth);
			for (uint32_t row = 0; row < rows.nr; row++)
				assert_true(lun_top_rows_at(&rows, row)[0] <= nth);
			lun_top_rows_free(&rows);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
