/* Ranges of maps that several threads read: every entry once, also while others change the map. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/read/map_top_team.h"
#include "bpf/read/stream_team.h"
#include "bpf/read/team.h"

enum { ENTRIES = 100000, SIZE = 131072, THREADS = 4 };

static void make(struct lun_map *map, enum bpf_map_type type)
{
	int fd = bpf_map_create(type, "mt_ranges", 4, 8, SIZE, NULL);

	if (fd < 0 && errno == EPERM)
		skip();
	assert_true(fd >= 0);
	assert_int_equal(lun_map_open_fd(map, fd), 0);
}

/* Returns the sum of all values, those of each CPU too. */
static uint64_t fill(const struct lun_map *map)
{
	uint64_t *values = calloc(map->cpus, sizeof(*values)), sum = 0;

	for (uint32_t i = 0; i < ENTRIES; i++) {
		for (uint32_t cpu = 0; cpu < map->cpus; cpu++)
			sum += values[cpu] = (uint64_t)i * 3 + cpu;
		assert_int_equal(lun_map_update(map, &i, values, BPF_ANY), 0);
	}
	free(values);
	return sum;
}

/* What all threads found; each key's count is its own. */
struct found {
	atomic_uchar seen[SIZE];
	atomic_ullong sum;
	uint32_t cpus;
};

static int note(void *member, const struct lun_range *range, uint32_t count, struct lun_out *out)
{
	struct found *found = member;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t key;

		memcpy(&key, lun_range_key(range, i), sizeof(key));
		assert_true(key < SIZE);
		found->seen[key]++;
		for (uint32_t cpu = 0; cpu < found->cpus; cpu++) {
			uint64_t value;

			memcpy(&value, lun_range_value(range, i) + cpu * sizeof(value),
				sizeof(value));
			found->sum += value;
		}
		lun_out_mem(out, &key, sizeof(key));
	}
	return 0;
}

/* Walks over the map with THREADS threads; `order` becomes the keys as they were given out. */
static struct found *walk(const struct lun_map *map, struct lun_out *order)
{
	struct found *found = calloc(1, sizeof(*found));
	void *members[THREADS];
	struct lun_team *team;
	struct lun_out part;
	int more;

	found->cpus = map->cpus;
	for (int i = 0; i < THREADS; i++)
		members[i] = found;
	lun_out_init(&part);
	lun_out_init(order);
	assert_int_equal(lun_team_open(&team, map, 0, 0, note, members, THREADS), 0);
	do {
		more = lun_team_next(team, &part);
		assert_true(more >= 0);
		lun_out_mem(order, part.data, part.len);
		lun_out_reset(&part);
	} while (more);
	assert_int_equal(lun_team_close(team), order->len / sizeof(uint32_t));
	lun_out_free(&part);
	return found;
}

/* The keys by one thread. */
static void walk_alone(const struct lun_map *map, struct lun_out *order)
{
	struct lun_range range;
	int n;

	lun_out_init(order);
	assert_int_equal(lun_range_open(&range, map, 1000), 0);
	lun_range_begin(&range, 0, UINT64_MAX);
	while ((n = lun_range_next(&range)) > 0)
		lun_out_mem(order, range.keys, (size_t)n * sizeof(uint32_t));
	assert_int_equal(n, 0);
	lun_range_close(&range);
}

static void check_quiet(enum bpf_map_type type)
{
	struct lun_out together, alone;
	struct lun_map map;
	struct found *found;
	uint64_t sum;

	make(&map, type);
	sum = fill(&map);
	assert_true(lun_ranges_able(type));
	found = walk(&map, &together);
	walk_alone(&map, &alone);
	assert_int_equal(found->sum, sum);
	for (uint32_t i = 0; i < ENTRIES; i++)
		assert_int_equal(found->seen[i], 1);
	assert_int_equal(together.len, alone.len);
	assert_memory_equal(together.data, alone.data, alone.len);
	free(found);
	lun_out_free(&together);
	lun_out_free(&alone);
	lun_map_close(&map);
}

static void test_quiet(void **state)
{
	(void)state;
	check_quiet(BPF_MAP_TYPE_HASH);
	check_quiet(BPF_MAP_TYPE_ARRAY);
	check_quiet(BPF_MAP_TYPE_PERCPU_HASH);
	check_quiet(BPF_MAP_TYPE_PERCPU_ARRAY);
}

/* An LRU map may have dropped entries; the walks agree on those that are left. */
static void test_lru(void **state)
{
	struct lun_out together, alone;
	struct lun_map map;
	struct found *found;

	(void)state;
	make(&map, BPF_MAP_TYPE_LRU_HASH);
	fill(&map);
	found = walk(&map, &together);
	walk_alone(&map, &alone);
	assert_int_equal(together.len, alone.len);
	assert_memory_equal(together.data, alone.data, alone.len);
	free(found);
	lun_out_free(&together);
	lun_out_free(&alone);
	lun_map_close(&map);
}

static void test_other_types(void **state)
{
	(void)state;
	assert_false(lun_ranges_able(BPF_MAP_TYPE_LPM_TRIE));
	assert_false(lun_ranges_able(BPF_MAP_TYPE_PROG_ARRAY));
	assert_false(lun_ranges_able(BPF_MAP_TYPE_HASH_OF_MAPS));
}

/* Every width of a range, so that ends fall into full, empty and shared buckets. */
static void test_ends(void **state)
{
	static uint8_t seen[SIZE];
	struct lun_map map;
	struct lun_range range;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH);
	for (uint32_t i = 0; i < 3000; i++) {
		uint64_t value = i;

		assert_int_equal(lun_map_update(&map, &i, &value, BPF_ANY), 0);
	}
	for (uint64_t width = 997; width < 3 * SIZE; width = width * 2 + 1) {
		memset(seen, 0, sizeof(seen));
		assert_int_equal(lun_range_open(&range, &map, 64), 0);
		for (uint64_t at = 0; at < SIZE; at += width) {
			int n;

			lun_range_begin(&range, at, at + width < SIZE ? at + width : UINT64_MAX);
			while (!range.done) {
				n = lun_range_next(&range);
				assert_true(n >= 0);
				for (int i = 0; i < n; i++) {
					uint32_t key;

					memcpy(&key, lun_range_key(&range, (uint32_t)i),
						sizeof(key));
					seen[key]++;
				}
			}
		}
		for (uint32_t i = 0; i < 3000; i++)
			assert_int_equal(seen[i], 1);
		lun_range_close(&range);
	}
	lun_map_close(&map);
}

struct changing {
	const struct lun_map *map;
	atomic_bool stop;
};

/* Deletes and adds the odd keys; the even ones stay. */
static void *change(void *arg)
{
	struct changing *c = arg;
	uint64_t value = 1;

	for (uint32_t i = 1; !c->stop; i = (i + 2) % ENTRIES) {
		lun_map_delete(c->map, &i);
		lun_map_update(c->map, &i, &value, BPF_ANY);
	}
	return NULL;
}

static void test_changing(void **state)
{
	struct lun_map map;
	struct changing changing = { .map = &map };
	pthread_t thread;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH);
	fill(&map);
	assert_int_equal(pthread_create(&thread, NULL, change, &changing), 0);
	for (int round = 0; round < 20; round++) {
		struct lun_out order;
		struct found *found = walk(&map, &order);

		for (uint32_t i = 0; i < ENTRIES; i += 2)
			assert_int_equal(found->seen[i], 1);
		lun_out_free(&order);
		free(found);
	}
	changing.stop = true;
	pthread_join(thread, NULL);
	lun_map_close(&map);
}

/* Grows while it is read, then all is deleted: the walks end. */
static void *grow_and_shrink(void *arg)
{
	struct changing *c = arg;
	uint64_t value = 1;

	while (!c->stop) {
		for (uint32_t i = 0; i < SIZE && !c->stop; i++)
			lun_map_update(c->map, &i, &value, BPF_ANY);
		for (uint32_t i = 0; i < SIZE && !c->stop; i++)
			lun_map_delete(c->map, &i);
	}
	return NULL;
}

static void test_growing(void **state)
{
	struct lun_map map;
	struct changing changing = { .map = &map };
	pthread_t thread;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH);
	assert_int_equal(pthread_create(&thread, NULL, grow_and_shrink, &changing), 0);
	for (int round = 0; round < 20; round++) {
		struct lun_out order;

		free(walk(&map, &order));
		lun_out_free(&order);
	}
	changing.stop = true;
	pthread_join(thread, NULL);
	lun_map_close(&map);
}

static int refuse(void *member, const struct lun_range *range, uint32_t count, struct lun_out *out)
{
	(void)member;
	(void)range;
	(void)count;
	(void)out;
	return -ENODATA;
}

static void test_error_and_early_end(void **state)
{
	struct found *found = calloc(1, sizeof(*found));
	void *members[THREADS] = { found, found, found, found };
	struct lun_team *team;
	struct lun_out out;
	struct lun_map map;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH);
	fill(&map);
	lun_out_init(&out);
	assert_int_equal(lun_team_open(&team, &map, 0, 0, refuse, members, THREADS), 0);
	assert_int_equal(lun_team_wait(team), -ENODATA);
	lun_team_close(team);
	assert_int_equal(lun_team_open(&team, &map, 0, 0, note, members, THREADS), 0);
	lun_team_close(team);
	assert_int_equal(lun_team_open(&team, &map, 0, 0, note, members, THREADS), 0);
	assert_int_equal(lun_team_next(team, &out), 1);
	lun_team_close(team);
	lun_out_free(&out);
	lun_map_close(&map);
	free(found);
}

static bool busy(void)
{
	return true;
}

static void test_size(void **state)
{
	struct lun_map map;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH);
	assert_in_range(lun_team_size(&map), 1, LUN_TEAM_MAX);
	lun_team_set_alone(busy);
	assert_int_equal(lun_team_size(&map), 1);
	lun_team_set_alone(NULL);
	map.info.max_entries = 100;
	assert_int_equal(lun_team_size(&map), 1);
	lun_map_close(&map);
}

static struct lun_plan *number_plan(const char *kind)
{
	struct lun_plan *plan = lun_plan_new();
	struct lun_op op = { 0 };

	assert_int_equal(lun_op_parse(kind, &op), 0);
	assert_int_equal(lun_plan_leaf(plan, &op, NULL), 0);
	assert_int_equal(lun_plan_finish(plan, op.size), 0);
	return plan;
}

/* The text of the map by so many threads, of which `passes` a value above it. */
static void text_of(struct lun_out *out, const struct lun_map *map, enum lun_stream_format format,
	uint32_t threads, uint64_t above)
{
	struct lun_plan *key = number_plan("u32"), *value = number_plan("u64");
	struct lun_value wanted = { .kind = LUN_V_U64, .u = above };
	struct lun_entry_format view;
	struct lun_stream *stream;
	struct lun_column cell;
	int more;

	assert_int_equal(lun_entry_format_init(&view, map, key, value, LUN_EACH_CPU), 0);
	assert_int_equal(lun_stream_open(&stream, map, &view, format, false), 0);
	assert_int_equal(lun_column_init(&cell, map, value, false, 0), 0);
	assert_int_equal(
		lun_filter_add(&stream->where, LUN_FILTER_GE, &cell, &wanted, LUN_BY_NUMBER), 0);
	stream->threads = threads;
	lun_out_init(out);
	while ((more = stream->source.pull(&stream->source, out)) > 0)
		assert_int_equal(stream->team != NULL, threads > 1);
	assert_int_equal(more, 0);
	stream->source.close(&stream->source);
	lun_entry_format_free(&view);
	lun_plan_unref(key);
	lun_plan_unref(value);
}

static void test_stream(void **state)
{
	static const uint64_t above[] = { 0, 3 * (ENTRIES - 2), 10 * ENTRIES };
	struct lun_map map;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH);
	fill(&map);
	for (int format = LUN_NDJSON; format <= LUN_CSV; format++) {
		for (size_t i = 0; i < sizeof(above) / sizeof(*above); i++) {
			struct lun_out together, alone;

			text_of(&alone, &map, format, 1, above[i]);
			text_of(&together, &map, format, THREADS, above[i]);
			assert_int_equal(together.len, alone.len);
			if (alone.len)
				assert_memory_equal(together.data, alone.data, alone.len);
			lun_out_free(&alone);
			lun_out_free(&together);
		}
	}
	lun_map_close(&map);
}

/* The last 50 entries by value of those at least `above`; returns how many there are. */
static uint32_t select_by(
	struct lun_map_top *sel, const struct lun_map *map, uint32_t threads, uint64_t above)
{
	struct lun_plan *plan = number_plan("u64");
	struct lun_value wanted = { .kind = LUN_V_U64, .u = above };
	struct lun_column cell;
	bool had_team = false;
	int more;

	assert_int_equal(lun_map_top_open(sel, map, 50, 1 << 20), 0);
	assert_int_equal(lun_column_init(&sel->sort, map, plan, false, 0), 0);
	assert_int_equal(lun_column_init(&cell, map, plan, false, 0), 0);
	assert_int_equal(
		lun_filter_add(&sel->where, LUN_FILTER_GE, &cell, &wanted, LUN_BY_NUMBER), 0);
	sel->descending = true;
	sel->threads = threads;
	while ((more = lun_map_top_step(sel)) > 0)
		had_team |= sel->team != NULL;
	assert_int_equal(more, 0);
	assert_int_equal(had_team, threads > 1);
	assert_int_equal(lun_map_top_sort(sel), 0);
	lun_plan_unref(plan);
	return sel->rows.nr;
}

static void test_top(void **state)
{
	static const uint64_t above[] = { 0, 3 * (ENTRIES - 20), 10 * ENTRIES };
	struct lun_map map;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH);
	fill(&map);
	for (size_t i = 0; i < sizeof(above) / sizeof(*above); i++) {
		struct lun_map_top together, alone;
		uint32_t nr = select_by(&alone, &map, 1, above[i]);

		assert_int_equal(select_by(&together, &map, THREADS, above[i]), nr);
		assert_int_equal(together.seen, ENTRIES);
		assert_int_equal(together.matched, alone.matched);
		assert_int_equal(together.remaining, alone.remaining);
		for (uint32_t at = 0; at < nr; at++)
			assert_memory_equal(
				lun_map_top_key(&together, at), lun_map_top_key(&alone, at), 4);
		lun_map_top_close(&together);
		lun_map_top_close(&alone);
	}
	lun_map_close(&map);
}

/* All rows would not fit into each thread's memory. */
static void test_all_rows_by_one_thread(void **state)
{
	struct lun_map_top sel;
	struct lun_map map;

	(void)state;
	make(&map, BPF_MAP_TYPE_HASH);
	fill(&map);
	assert_int_equal(lun_map_top_open(&sel, &map, UINT32_MAX, 1 << 20), 0);
	lun_map_top_lay_out(&sel);
	assert_int_equal(lun_map_top_threads(&sel), 1);
	lun_map_top_close(&sel);
	lun_map_close(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_lru),
		cmocka_unit_test(test_other_types),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_changing),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_error_and_early_end),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_all_rows_by_one_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
