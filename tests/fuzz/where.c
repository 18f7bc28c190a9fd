/*
 * Fuzzes conditions, cells and cursors of sorted pages: takes any bytes for a tree of tests on a
 * plan's columns, and for the text of a rank. An accepted condition must stay within the entry; a
 * rank that can be read must be written as the same rank.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/read/map_top.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEY_ROOM = 8, VALUE_ROOM = 48, CPUS = 2, TEST_BYTES = 8 };

static void add_leaf(struct lun_plan *plan, const char *kind, uint32_t offset, uint32_t size)
{
	struct lun_op op = { 0 };

	if (lun_op_parse(kind, &op))
		abort();
	op.offset = offset;
	if (!op.size)
		op.size = size;
	if (lun_plan_leaf(plan, &op, kind))
		abort();
}

/* A column of each kind that tests distinguish: numbers, texts, a list. */
static struct lun_plan *make_plan(void)
{
	struct lun_plan *plan = lun_plan_new();
	struct lun_op op = { .kind = LUN_K_STRUCT, .size = VALUE_ROOM };
	struct lun_op list = { .kind = LUN_K_ARRAY, .offset = 40, .size = 3, .count = 3 };

	lun_plan_open(plan, &op, NULL);
	add_leaf(plan, "u64", 0, 0);
	add_leaf(plan, "i64", 8, 0);
	add_leaf(plan, "f64", 16, 0);
	add_leaf(plan, "i16", 24, 0);
	add_leaf(plan, "cstring", 26, 6);
	add_leaf(plan, "hex", 32, 4);
	add_leaf(plan, "ipv4", 36, 0);
	lun_plan_open(plan, &list, "list");
	add_leaf(plan, "u8", 0, 0);
	lun_plan_close(plan);
	add_leaf(plan, "bool", 43, 0);
	lun_plan_close(plan);
	if (lun_plan_finish(plan, VALUE_ROOM))
		abort();
	return plan;
}

static bool even(void *user, uint32_t number, const char *text, size_t len)
{
	(void)user;
	(void)text;
	return (number + len) % 2 == 0;
}

static void add_test(struct lun_filter *where, const struct lun_map *map, struct lun_plan *plan,
	const uint8_t *p, const char *text, size_t len)
{
	struct lun_value in = { .kind = LUN_V_I64, .i = (int8_t)p[3] }, wanted;
	enum lun_filter_op op = (enum lun_filter_op)(LUN_FILTER_EQ + p[0] % 9);
	char error[LUN_ENCODE_ERROR];
	enum lun_compare by = LUN_BY_TEXT;
	struct lun_column cell;
	struct lun_ctx ctx;

	lun_ctx_init(&ctx);
	if (lun_column_init(&cell, map, plan, false, p[1]))
		return;
	cell.reduce = p[2] % 6;
	cell.cpu = (int32_t)(p[4] % (CPUS + 1)) - 1;
	if (p[5] & 1)
		in = (struct lun_value){ .kind = LUN_V_DOUBLE, .d = p[3] / 2.0 };
	if (op == LUN_FILTER_CALL)
		in = (struct lun_value){ .kind = LUN_V_U64, .u = p[3] };
	if (op != LUN_FILTER_CALL && !(p[5] & 2)) {
		in = (struct lun_value){ .kind = LUN_V_STR, .s = text };
		in.len = p[6] < len ? p[6] : len;
	}
	wanted = in;
	if (op < LUN_FILTER_CONTAINS &&
		lun_order_wanted(plan, &plan->ops[cell.op], &ctx, &in, &wanted, &by, error)) {
		lun_column_free(&cell);
		lun_ctx_free(&ctx);
		return;
	}
	if (op < LUN_FILTER_CONTAINS || op == LUN_FILTER_CALL || wanted.kind == LUN_V_STR)
		lun_filter_add(where, op, &cell, &wanted, by);
	else
		lun_column_free(&cell);
	lun_ctx_free(&ctx);
}

static void build(struct lun_filter *where, const struct lun_map *map, struct lun_plan *plan,
	const uint8_t *data, size_t size)
{
	for (size_t at = 0; at + TEST_BYTES <= size; at += TEST_BYTES) {
		const uint8_t *p = data + at;

		if (p[7] & 1)
			lun_filter_open(where, (enum lun_filter_op)(p[0] % 3));
		else if (p[7] & 2)
			lun_filter_close(where);
		else
			add_test(where, map, plan, p, (const char *)data, size);
	}
	while (where->depth)
		lun_filter_close(where);
}

/* An entry in memory of its own, so that a sanitizer sees reads beyond it. */
static uint8_t *entry(const uint8_t *data, size_t size, size_t room)
{
	uint8_t *copy = malloc(room);

	for (size_t i = 0; i < room; i++)
		copy[i] = size ? data[i % size] : 0;
	return copy;
}

static void check_rank(const char *text, size_t len)
{
	struct lun_value number, again_number;
	struct lun_rank rank, again;
	struct lun_out out;

	if (lun_rank_read(&rank, text, len))
		return;
	lun_out_init(&out);
	lun_rank_write(&out, &rank);
	if (lun_rank_read(&again, out.data, out.len) || again.kind != rank.kind ||
		again.len != rank.len || memcmp(again.text, rank.text, rank.len))
		abort();
	number = lun_rank_number(&rank);
	again_number = lun_rank_number(&again);
	if (rank.kind != LUN_V_STR && lun_value_compare(&number, &again_number))
		abort();
	lun_out_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lun_map map = {
		.fd = -1, .cpus = CPUS, .stride = VALUE_ROOM, .value_bytes = CPUS * VALUE_ROOM
	};
	struct lun_plan *plan = make_plan();
	uint8_t *key = entry(data, size, KEY_ROOM), *value = entry(data, size, CPUS * VALUE_ROOM);
	struct lun_filter where;

	map.info.key_size = KEY_ROOM;
	map.info.value_size = VALUE_ROOM;
	lun_filter_init(&where);
	where.call = even;
	build(&where, &map, plan, data, size);
	lun_filter_passes(&where, key, value);
	check_rank((const char *)data, size);
	lun_filter_free(&where);
	lun_plan_unref(plan);
	free(key);
	free(value);
	return 0;
}
