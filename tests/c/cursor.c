/* Cursors over maps that another thread changes, and positions. */
#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/read/cursor.h"
#include "bpf/decode/ksyms.h"
#include "bpf/object/map_fill.h"

enum { ENTRIES = 20000 };

static void make(struct lun_map *map, enum bpf_map_type type, uint32_t max, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = bpf_map_create(type, "mt_cursor", 4, 8, max, &opts);

	if (fd < 0 && errno == EPERM)
		skip();
	assert_true(fd >= 0);
	assert_int_equal(lun_map_open_fd(map, fd), 0);
}

static void fill(const struct lun_map *map, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t value = i;

		assert_int_equal(lun_map_update(map, &i, &value, BPF_ANY), 0);
	}
}

struct hammer {
	const struct lun_map *map;
	atomic_bool stop;
};

/* Deletes and adds keys as fast as it can; the even ones stay. */
static void *hammer(void *arg)
{
	struct hammer *h = arg;
	uint64_t value = 1;

	for (uint32_t i = 1; !h->stop; i = (i + 2) % ENTRIES) {
		lun_map_delete(h->map, &i);
		lun_map_update(h->map, &i, &value, BPF_ANY);
	}
	return NULL;
}

/* Counts how often each key is returned. */
static uint8_t *walk(const struct lun_map *map, bool by_batch, struct lun_cursor *end)
{
	uint8_t *seen = calloc(ENTRIES, 1);
	struct lun_cursor cur;
	int n;

	assert_int_equal(lun_cursor_open(&cur, map, 0), 0);
	cur.by_batch = by_batch;
	while ((n = lun_cursor_next(&cur)) > 0 || (!n && !cur.done)) {
		for (int i = 0; i < n; i++) {
			uint32_t key;

			memcpy(&key, lun_cursor_key(&cur, (uint32_t)i), sizeof(key));
			assert_true(key < ENTRIES);
			if (seen[key] < UINT8_MAX)
				seen[key]++;
		}
	}
	assert_int_equal(n, 0);
	*end = cur;
	lun_cursor_close(&cur);
	return seen;
}

static void hammered(enum bpf_map_type type, bool by_batch, bool once)
{
	struct hammer h = { 0 };
	struct lun_cursor end;
	struct lun_map map;
	pthread_t thread;

	make(&map, type, ENTRIES, 0);
	fill(&map, ENTRIES);
	h.map = &map;
	assert_int_equal(pthread_create(&thread, NULL, hammer, &h), 0);
	for (int round = 0; round < 10; round++) {
		uint8_t *seen = walk(&map, by_batch, &end);

		assert_true(end.seen <= 3 * ENTRIES);
		for (uint32_t key = 0; once && key < ENTRIES; key += 2)
			assert_int_equal(seen[key], 1);
		for (uint32_t key = 0; once && key < ENTRIES; key++)
			assert_true(seen[key] <= 1 || end.restarted);
		free(seen);
	}
	h.stop = true;
	pthread_join(thread, NULL);
	lun_map_close(&map);
}

static void test_hash_by_batch(void **state)
{
	(void)state;
	hammered(BPF_MAP_TYPE_HASH, true, false);
}

static void test_hash_by_key(void **state)
{
	(void)state;
	hammered(BPF_MAP_TYPE_HASH, false, false);
}

static void test_lru(void **state)
{
	(void)state;
	hammered(BPF_MAP_TYPE_LRU_HASH, true, false);
}

static void test_array(void **state)
{
	(void)state;
	hammered(BPF_MAP_TYPE_ARRAY, true, true);
	hammered(BPF_MAP_TYPE_ARRAY, false, true);
}

static void test_full_hash_at_rest(void **state)
{
	struct lun_cursor end;
	struct lun_map map;
	uint64_t count = 0;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH, ENTRIES, 0);
	fill(&map, ENTRIES);
	for (int by_batch = 0; by_batch < 2; by_batch++) {
		uint8_t *seen = walk(&map, by_batch, &end);

		assert_int_equal(end.seen, ENTRIES);
		assert_false(end.restarted || end.truncated);
		for (uint32_t key = 0; key < ENTRIES; key++)
			assert_int_equal(seen[key], 1);
		free(seen);
	}
	/* The kernel counts a hash's entries since 6.6. */
	if (lun_ksym_address("bpf_map_sum_elem_count")) {
		assert_int_equal(lun_map_fill_one(map.info.id, map.info.type, &count), 0);
		assert_int_equal(count, ENTRIES);
	} else {
		assert_int_equal(lun_map_fill_one(map.info.id, map.info.type, &count), -ENOENT);
	}
	lun_map_close(&map);
}

static void test_grows_on_a_full_bucket(void **state)
{
	struct lun_cursor cur;
	struct lun_map map;
	uint64_t seen = 0;
	int n;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH, 64, 0);
	fill(&map, 64);
	assert_int_equal(lun_cursor_open(&cur, &map, 1), 0);
	while ((n = lun_cursor_next(&cur)) > 0 || (!n && !cur.done))
		seen += (uint64_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(seen, 64);
	assert_true(cur.capacity > 1);
	lun_cursor_close(&cur);
	lun_map_close(&map);
}

static void test_refuses_a_foreign_position(void **state)
{
	struct lun_cursor cur;
	struct lun_map map;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH, 4, 0);
	assert_int_equal(lun_cursor_open(&cur, &map, 0), 0);
	assert_int_equal(lun_cursor_resume(&cur, (const uint8_t *)"nonsense", 8), -EINVAL);
	assert_int_equal(lun_cursor_resume(&cur, (const uint8_t *)"b", 1), -EINVAL);
	lun_cursor_close(&cur);
	lun_map_close(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_hash_at_rest),
		cmocka_unit_test(test_grows_on_a_full_bucket),
		cmocka_unit_test(test_refuses_a_foreign_position),
		cmocka_unit_test(test_hash_by_batch),
		cmocka_unit_test(test_hash_by_key),
		cmocka_unit_test(test_lru),
		cmocka_unit_test(test_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
