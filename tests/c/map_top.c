/* Selections: the first rows of a map, with little memory and in several walks, each key once. */
#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/read/map_top.h"

enum { ENTRIES = 3000, ROW = 24 };

static void make(struct lun_map *map)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "mt_select", 4, 8, ENTRIES, NULL);

	if (fd < 0 && errno == EPERM)
		skip();
	assert_true(fd >= 0);
	assert_int_equal(lun_map_open_fd(map, fd), 0);
	for (uint32_t key = 0; key < ENTRIES; key++) {
		uint64_t value = key;

		assert_int_equal(lun_map_update(map, &key, &value, BPF_ANY), 0);
	}
}

static void walk(struct lun_map_top *sel)
{
	int more;

	do
		more = lun_map_top_step(sel);
	while (more > 0);
	assert_int_equal(more, 0);
}

/* Without a cell rows are ordered by the bytes of their key. */
static uint32_t key_at(const struct lun_map_top *sel, uint32_t i)
{
	const uint8_t *key = lun_map_top_key(sel, i);

	return (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 | (uint32_t)key[2] << 8 | key[3];
}

static void test_walks_as_often_as_the_bytes_need(void **state)
{
	uint32_t rows = 0, walks = 0, last = 0;
	struct lun_map_top sel;
	struct lun_map map;

	(void)state;
	make(&map);
	assert_int_equal(lun_map_top_open(&sel, &map, UINT32_MAX, 500 * ROW), 0);
	for (bool more = true; more; walks++) {
		if (walks)
			assert_int_equal(lun_map_top_again(&sel), 0);
		walk(&sel);
		assert_int_equal(lun_map_top_sort(&sel), 0);
		assert_int_equal(sel.remaining, ENTRIES - rows);
		assert_true(sel.rows.cap <= 500);
		for (uint32_t i = 0; i < sel.rows.nr; i++, rows++) {
			assert_true(!rows || key_at(&sel, i) > last);
			last = key_at(&sel, i);
		}
		more = lun_map_top_more(&sel);
	}
	assert_int_equal(rows, ENTRIES);
	assert_in_range(walks, ENTRIES / 500, ENTRIES / 375);
	lun_map_top_close(&sel);
	lun_map_close(&map);
}

static void test_keeps_one_row_at_least(void **state)
{
	struct lun_map_top sel;
	struct lun_map map;

	(void)state;
	make(&map);
	assert_int_equal(lun_map_top_open(&sel, &map, 10, 1), 0);
	walk(&sel);
	assert_int_equal(lun_map_top_sort(&sel), 0);
	assert_in_range(sel.rows.nr, 1, 2);
	assert_int_equal(key_at(&sel, 0), 0);
	lun_map_top_close(&sel);
	lun_map_close(&map);
}

/* A map that changes may return keys twice; here a second walk does. */
static void test_each_key_once(void **state)
{
	struct lun_map_top sel;
	struct lun_map map;

	(void)state;
	make(&map);
	assert_int_equal(lun_map_top_open(&sel, &map, UINT32_MAX, 1 << 20), 0);
	walk(&sel);
	lun_prefetch_close(&sel.ahead);
	assert_int_equal(lun_prefetch_open(&sel.ahead, &map), 0);
	walk(&sel);
	sel.restarted = true;
	assert_int_equal(sel.rows.nr, 2 * ENTRIES);
	assert_int_equal(lun_map_top_sort(&sel), 0);
	assert_int_equal(sel.rows.nr, ENTRIES);
	assert_false(lun_map_top_more(&sel));
	for (uint32_t i = 1; i < sel.rows.nr; i++)
		assert_true(key_at(&sel, i) > key_at(&sel, i - 1));
	lun_map_top_close(&sel);
	lun_map_close(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks_as_often_as_the_bytes_need),
		cmocka_unit_test(test_keeps_one_row_at_least),
		cmocka_unit_test(test_each_key_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
