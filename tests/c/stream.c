/* Whole-map streams with prefetching: complete, in constant memory, and closed at any time. */
#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/read/stream.h"

enum { ENTRIES = 50000 };

static struct lun_plan *number_plan(const char *kind)
{
	struct lun_plan *plan = lun_plan_new();
	struct lun_op op = { 0 };

	assert_int_equal(lun_op_parse(kind, &op), 0);
	assert_int_equal(lun_plan_leaf(plan, &op, NULL), 0);
	assert_int_equal(lun_plan_finish(plan, op.size), 0);
	return plan;
}

static void make(struct lun_map *map)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "mt_stream", 4, 8, ENTRIES, NULL);

	if (fd < 0 && errno == EPERM)
		skip();
	assert_int_equal(lun_map_open_fd(map, fd), 0);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		uint64_t value = i;

		assert_int_equal(lun_map_update(map, &i, &value, BPF_ANY), 0);
	}
}

static struct lun_stream *open_stream(const struct lun_map *map, enum lun_stream_format format)
{
	struct lun_plan *key = number_plan("u32"), *value = number_plan("u64");
	struct lun_stream *stream;
	struct lun_entry_format view;

	assert_int_equal(lun_entry_format_init(&view, map, key, value, LUN_EACH_CPU), 0);
	assert_int_equal(lun_stream_open(&stream, map, &view, format, false), 0);
	lun_entry_format_free(&view);
	lun_plan_unref(key);
	lun_plan_unref(value);
	return stream;
}

static uint32_t count(const struct lun_out *out, char c)
{
	uint32_t n = 0;

	for (size_t i = 0; i < out->len; i++)
		n += out->data[i] == c;
	return n;
}

static void drained(const struct lun_map *map, enum lun_stream_format format, uint32_t lines)
{
	struct lun_source *source = &open_stream(map, format)->source;
	struct lun_out out;
	uint32_t seen = 0;
	size_t largest = 0;
	int more;

	lun_out_init(&out);
	do {
		lun_out_reset(&out);
		more = source->pull(source, &out);
		seen += count(&out, '\n');
		largest = out.len > largest ? out.len : largest;
	} while (more > 0);
	assert_int_equal(more, 0);
	assert_int_equal(seen, lines);
	assert_true(largest < 1 << 20);
	lun_out_reset(&out);
	assert_int_equal(source->pull(source, &out), 0);
	assert_int_equal(out.len, 0);
	source->close(source);
	lun_out_free(&out);
}

static void test_all_formats(void **state)
{
	struct lun_map map;

	(void)state;
	make(&map);
	drained(&map, LUN_NDJSON, ENTRIES);
	drained(&map, LUN_JSON, ENTRIES);
	drained(&map, LUN_CSV, ENTRIES + 1);
	lun_map_close(&map);
}

static void read_all(struct lun_source *source)
{
	struct lun_out out;

	lun_out_init(&out);
	while (source->pull(source, &out) > 0)
		lun_out_reset(&out);
	lun_out_free(&out);
}

static void test_notes_after_the_end(void **state)
{
	struct lun_stream *stream;
	struct lun_map map;

	(void)state;
	make(&map);
	stream = open_stream(&map, LUN_JSON);
	stream->ahead.cur.truncated = true;
	assert_null(lun_source_note(&stream->source));
	read_all(&stream->source);
	assert_non_null(strstr(lun_source_note(&stream->source), "cut short"));
	stream->truncated = false;
	assert_null(lun_source_note(&stream->source));
	stream->source.close(&stream->source);
	lun_map_close(&map);
}

static void test_closed_early(void **state)
{
	struct lun_out out;
	struct lun_map map;

	(void)state;
	make(&map);
	lun_out_init(&out);
	for (int pulls = 0; pulls < 5; pulls++) {
		struct lun_source *source = &open_stream(&map, LUN_NDJSON)->source;

		for (int i = 0; i < pulls; i++)
			assert_int_equal(source->pull(source, &out), 1);
		source->close(source);
	}
	lun_out_free(&out);
	lun_map_close(&map);
}

static void test_refuses_a_plan_that_reads_more(void **state)
{
	struct lun_plan *plan = number_plan("u64");
	struct lun_entry_format view;
	struct lun_map map;

	(void)state;
	make(&map);
	assert_int_equal(lun_entry_format_init(&view, &map, plan, plan, LUN_SUM), -EMSGSIZE);
	lun_plan_unref(plan);
	lun_map_close(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_formats),
		cmocka_unit_test(test_notes_after_the_end),
		cmocka_unit_test(test_closed_early),
		cmocka_unit_test(test_refuses_a_plan_that_reads_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
