#include "bpf/decode/column_read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/decode/order.h"

void lun_column_reader_init(struct lun_column_reader *reader)
{
	lun_ctx_init(&reader->ctx);
	lun_out_init(&reader->text);
	lun_out_init(&reader->made);
	reader->make = NULL;
}

void lun_column_reader_free(struct lun_column_reader *reader)
{
	lun_ctx_free(&reader->ctx);
	lun_out_free(&reader->text);
	lun_out_free(&reader->made);
}

static int find_column(const struct lun_plan *plan, uint32_t index, struct lun_pick *found)
{
	uint32_t n = lun_plan_columns(plan, "", NULL, 0);
	struct lun_pick *picks;

	if (index >= n)
		return -ENOENT;
	picks = malloc((index + 1) * sizeof(*picks));
	if (!picks)
		return -ENOMEM;
	lun_plan_columns(plan, "", picks, index + 1);
	*found = picks[index];
	free(picks);
	return 0;
}

bool lun_column_calls_lua(const struct lun_column *cell)
{
	const struct lun_op *ops = cell->plan->ops;

	for (uint32_t i = cell->op; i < ops[cell->op].next; i++) {
		if (ops[i].kind == LUN_K_FUNC)
			return true;
	}
	return false;
}

int lun_column_init(struct lun_column *cell, const struct lun_map *map, struct lun_plan *plan,
	bool of_key, uint32_t index)
{
	struct lun_pick pick;
	int err;

	memset(cell, 0, sizeof(*cell));
	if (plan->size > (of_key ? map->info.key_size : map->stride))
		return -EMSGSIZE;
	err = find_column(plan, index, &pick);
	if (err)
		return err;
	cell->plan = lun_plan_ref(plan);
	cell->op = pick.op;
	cell->offset = pick.offset;
	cell->of_key = of_key;
	cell->reduce = LUN_SUM;
	cell->cpu = LUN_ALL_CPUS;
	cell->cpus = of_key ? 1 : map->cpus;
	cell->stride = of_key ? 0 : map->stride;
	return 0;
}

void lun_column_free(struct lun_column *cell)
{
	lun_plan_unref(cell->plan);
	cell->plan = NULL;
}

/* Joins the elements of an array, with commas. */
struct joining {
	struct lun_sink sink;
	const struct lun_column *cell;
	struct lun_column_reader *reader;
	bool any;
};

static void join_nothing(struct lun_sink *sink, const struct lun_op *op, const char *name)
{
	(void)sink;
	(void)op;
	(void)name;
}

static void join_end(struct lun_sink *sink, const struct lun_op *op)
{
	(void)sink;
	(void)op;
}

static void join_value(struct lun_sink *sink, const char *name, const struct lun_value *value)
{
	struct joining *joining = (struct joining *)sink;

	(void)name;
	if (joining->any)
		lun_out_char(&joining->reader->text, ',');
	lun_value_text(&joining->reader->text, value);
	joining->any = true;
}

/* Calls a Lua function of the column's plan. */
static void make(const struct lun_column *cell, struct lun_column_reader *reader,
	const struct lun_op *op, const struct lun_bytes *bytes, uint32_t offset,
	struct lun_value *out)
{
	out->kind = LUN_V_NULL;
	lun_out_reset(&reader->made);
	if (cell->made && reader->make)
		reader->make(reader->user, cell->made, op, bytes, offset, &reader->made, out);
}

static void join_made(struct lun_sink *sink, const struct lun_op *op, const char *name,
	const struct lun_bytes *bytes, uint32_t offset)
{
	const struct joining *joining = (const struct joining *)sink;
	struct lun_value value;

	make(joining->cell, joining->reader, op, bytes, offset, &value);
	join_value(sink, name, &value);
}

static void set_text(struct lun_column_reader *reader, struct lun_value *out)
{
	out->kind = LUN_V_STR;
	out->s = reader->text.data ? reader->text.data : "";
	out->len = reader->text.len;
	out->plain = false;
}

static void read_array(const struct lun_column *cell, struct lun_column_reader *reader,
	const struct lun_bytes *bytes, struct lun_value *out)
{
	struct joining joining = {
		.sink = { join_nothing, join_end, join_value, join_made, false },
		.cell = cell,
		.reader = reader,
	};

	lun_out_reset(&reader->text);
	lun_plan_visit_from(cell->plan, &reader->ctx, bytes, cell->reduce, &joining.sink, cell->op,
		cell->offset - cell->plan->ops[cell->op].offset);
	set_text(reader, out);
}

static struct lun_bytes bytes_of(
	const struct lun_column *cell, const uint8_t *key, const uint8_t *value)
{
	if (cell->of_key)
		return (struct lun_bytes){ key, 1, 0 };
	if (cell->cpu == LUN_ALL_CPUS)
		return (struct lun_bytes){ value, cell->cpus, cell->stride };
	return (struct lun_bytes){ value + (size_t)cell->cpu * cell->stride, 1, cell->stride };
}

/* The bytes of a leaf that needs a single value. NULL when the CPUs' values must be added up; or
 * when they differ, and then *differ is set. */
static const uint8_t *leaf_of(const struct lun_column *cell, struct lun_column_reader *reader,
	const struct lun_bytes *bytes, bool *differ)
{
	const struct lun_op *op = &cell->plan->ops[cell->op];
	uint8_t reduce = op->reduce ? op->reduce : cell->reduce;
	const uint8_t *agreed;

	*differ = false;
	if (bytes->cpus == 1)
		return bytes->data + cell->offset;
	if (lun_leaf_adds_up(op, reduce))
		return NULL;
	agreed = lun_leaf_agreed(op, &reader->ctx, bytes, cell->offset, reduce);
	*differ = !agreed;
	return agreed;
}

enum what { SHOWN, ORDER, NUMBER };

static void read_leaf(const struct lun_column *cell, struct lun_column_reader *reader,
	const uint8_t *data, enum what what, struct lun_value *out)
{
	const struct lun_op *op = &cell->plan->ops[cell->op];

	if (what == SHOWN)
		lun_leaf(cell->plan, op, &reader->ctx, data, out);
	else if (what == ORDER)
		lun_leaf_order(cell->plan, op, &reader->ctx, data, out);
	else
		lun_leaf_number(op, data, out);
}

static void read_value(const struct lun_column *cell, struct lun_column_reader *reader,
	const struct lun_bytes *bytes, enum what what, struct lun_value *out)
{
	bool differ;
	const uint8_t *data = leaf_of(cell, reader, bytes, &differ);

	if (data)
		read_leaf(cell, reader, data, what, out);
	else if (!differ)
		lun_leaf_reduced(cell->plan, &cell->plan->ops[cell->op], &reader->ctx, bytes,
			cell->offset, cell->reduce, out);
}

static void read_cell(const struct lun_column *cell, struct lun_column_reader *reader,
	const struct lun_bytes *bytes, enum what what, struct lun_value *out)
{
	const struct lun_op *op = &cell->plan->ops[cell->op];

	if (lun_op_is_container(op->kind)) {
		read_array(cell, reader, bytes, out);
		return;
	}
	out->kind = LUN_V_NULL;
	if (op->kind == LUN_K_FUNC)
		make(cell, reader, op, bytes, cell->offset, out);
	else
		read_value(cell, reader, bytes, what, out);
	if (out->kind == LUN_V_DOUBLE && isnan(out->d))
		out->kind = LUN_V_NULL;
}

void lun_column_read(const struct lun_column *cell, struct lun_column_reader *reader,
	const uint8_t *key, const uint8_t *value, struct lun_value *out)
{
	struct lun_bytes bytes = bytes_of(cell, key, value);

	read_cell(cell, reader, &bytes, SHOWN, out);
}

void lun_column_order(const struct lun_column *cell, struct lun_column_reader *reader,
	const uint8_t *key, const uint8_t *value, struct lun_value *out)
{
	struct lun_bytes bytes = bytes_of(cell, key, value);

	read_cell(cell, reader, &bytes, ORDER, out);
}

void lun_column_number(const struct lun_column *cell, struct lun_column_reader *reader,
	const uint8_t *key, const uint8_t *value, struct lun_value *out)
{
	struct lun_bytes bytes = bytes_of(cell, key, value);

	read_cell(cell, reader, &bytes, NUMBER, out);
}

void lun_column_text(struct lun_column_reader *reader, struct lun_value *value)
{
	if (value->kind == LUN_V_STR)
		return;
	lun_out_reset(&reader->text);
	lun_value_text(&reader->text, value);
	set_text(reader, value);
}
