#include "bpf/read/stream_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/json.h"
#include "text/terminal.h"

enum {
	WINDOW_ROWS = 5000,
	WINDOW_BYTES = 4 << 20,
	GAP = 2,
	PADDED = 64, /* a longer cell does not widen its column */
};

static bool writable(const struct lun_plan *plan, const struct lun_pick *pick)
{
	const struct lun_op *op = &plan->ops[pick->op];

	if (op->kind == LUN_K_ARRAY)
		op++;
	return op->kind != LUN_K_FUNC && !lun_op_is_container(op->kind);
}

static bool all_writable(const struct lun_stream *s)
{
	for (uint32_t i = 0; i < s->nr_picks; i++) {
		if (!writable(i < s->nr_key_picks ? s->view.key : s->view.value, &s->picks[i]))
			return false;
	}
	return !lun_entry_format_each_cpu(&s->view);
}

int lun_table_open(struct lun_stream *s, struct lun_table_column *columns, uint32_t nr)
{
	struct lun_table *table = calloc(1, sizeof(*table));

	s->table = table;
	if (!table) {
		for (uint32_t i = 0; i < nr; i++)
			free(columns[i].title);
		free(columns);
		return -ENOMEM;
	}
	table->columns = columns;
	table->nr_columns = nr;
	lun_out_init(&table->cells);
	if (nr != s->nr_picks)
		return -EINVAL;
	if (!all_writable(s))
		return -EOPNOTSUPP;
	table->ends = malloc((size_t)WINDOW_ROWS * nr * sizeof(*table->ends) + 1);
	for (uint32_t i = 0; i < nr; i++) {
		const char *title = columns[i].title;

		columns[i].width = (uint32_t)lun_terminal_width(title, strlen(title));
	}
	return table->ends ? 0 : -ENOMEM;
}

void lun_table_close(struct lun_table *table)
{
	if (!table)
		return;
	for (uint32_t i = 0; i < table->nr_columns; i++)
		free(table->columns[i].title);
	free(table->columns);
	free(table->ends);
	lun_out_free(&table->cells);
	free(table);
}

static void write_value(struct lun_out *out, const struct lun_value *value)
{
	size_t first = out->len;

	switch (value->kind) {
	case LUN_V_NULL:
		lun_out_char(out, '-');
		break;
	case LUN_V_STR:
		lun_terminal_text(out, value->s, value->len);
		break;
	case LUN_V_DOUBLE: /* NaN and infinities without their quotes */
		lun_json_double(out, value->d);
		if (out->data[first] != '"')
			break;
		out->len -= 2;
		memmove(out->data + first, out->data + first + 1, out->len - first);
		break;
	default:
		lun_value_text(out, value);
	}
}

/* Joins an array's elements. */
struct list_sink {
	struct lun_sink sink;
	struct lun_out *out;
	bool comma;
};

static void list_edge(struct lun_sink *sink, const struct lun_op *op, const char *name)
{
	(void)sink;
	(void)op;
	(void)name;
}

static void list_end(struct lun_sink *sink, const struct lun_op *op)
{
	list_edge(sink, op, NULL);
}

static void list_value(struct lun_sink *sink, const char *name, const struct lun_value *value)
{
	struct list_sink *list = (struct list_sink *)sink;

	(void)name;
	if (list->comma)
		lun_out_char(list->out, ',');
	list->comma = true;
	write_value(list->out, value);
}

static void write_list(struct lun_stream *s, struct lun_out *out, const struct lun_plan *plan,
	const struct lun_pick *pick, const struct lun_bytes *bytes)
{
	struct list_sink list = { { list_edge, list_end, list_value, NULL, false }, out, false };

	lun_plan_visit_from(plan, &s->ctx, bytes, s->view.reduce, &list.sink, pick->op,
		pick->offset - plan->ops[pick->op].offset);
	if (!list.comma)
		lun_out_char(out, '-');
}

static void write_cell(struct lun_stream *s, struct lun_out *out, const struct lun_plan *plan,
	const struct lun_pick *pick, const struct lun_bytes *bytes)
{
	const struct lun_op *op = &plan->ops[pick->op];
	struct lun_value value;

	if (op->kind == LUN_K_ARRAY) {
		write_list(s, out, plan, pick, bytes);
		return;
	}
	if (bytes->cpus > 1)
		lun_leaf_reduced(plan, op, &s->ctx, bytes, pick->offset, s->view.reduce, &value);
	else
		lun_leaf(plan, op, &s->ctx, bytes->data + pick->offset, &value);
	write_value(out, &value);
}

void lun_table_entry(
	struct lun_stream *s, struct lun_out *out, const uint8_t *key, const uint8_t *value)
{
	struct lun_table *table = s->table;
	struct lun_bytes key_bytes = lun_entry_format_key(key);
	struct lun_bytes values = lun_entry_format_values(&s->view, value);
	size_t *ends = table->ends + (size_t)table->nr_rows * table->nr_columns;

	for (uint32_t i = 0; i < s->nr_picks; i++) {
		bool of_key = i < s->nr_key_picks;

		write_cell(s, &table->cells, of_key ? s->view.key : s->view.value, &s->picks[i],
			of_key ? &key_bytes : &values);
		ends[i] = table->cells.len;
	}
	if (++table->nr_rows == WINDOW_ROWS || table->cells.len >= WINDOW_BYTES)
		lun_table_flush(s, out);
}

static void measure(struct lun_table *table)
{
	size_t cells = (size_t)table->nr_rows * table->nr_columns, from = 0;

	for (size_t i = 0; i < cells; i++) {
		struct lun_table_column *column = &table->columns[i % table->nr_columns];
		size_t width = lun_terminal_width(table->cells.data + from, table->ends[i] - from);

		if (width > column->width)
			column->width = (uint32_t)(width < PADDED ? width : PADDED);
		from = table->ends[i];
	}
	for (uint32_t i = 0; i < table->nr_columns; i++) {
		if (table->columns[i].width > PADDED)
			table->columns[i].width = PADDED;
	}
}

static void spaces(struct lun_out *out, size_t n)
{
	char *p = lun_out_reserve(out, n);

	if (!p)
		return;
	memset(p, ' ', n);
	out->len += n;
}

/* A cell of the row that is being written; spaces at the row's end are left out. */
static void put(
	struct lun_out *out, const struct lun_table_column *column, const char *text, size_t len)
{
	size_t width = lun_terminal_width(text, len);
	size_t pad = width < column->width ? column->width - width : 0;

	if (column->right)
		spaces(out, pad);
	lun_out_mem(out, text, len);
	if (!column->right)
		spaces(out, pad);
}

static void end_row(struct lun_out *out, size_t start)
{
	while (out->len > start && out->data[out->len - 1] == ' ')
		out->len--;
	lun_out_char(out, '\n');
}

static void write_head(struct lun_table *table, struct lun_out *out)
{
	size_t start = out->len;

	for (uint32_t i = 0; i < table->nr_columns; i++) {
		if (i)
			spaces(out, GAP);
		put(out, &table->columns[i], table->columns[i].title,
			strlen(table->columns[i].title));
	}
	end_row(out, start);
	table->headed = true;
}

static void write_rows(struct lun_table *table, struct lun_out *out)
{
	const size_t *ends = table->ends;
	size_t from = 0;

	for (uint32_t row = 0; row < table->nr_rows; row++) {
		size_t start = out->len;

		for (uint32_t i = 0; i < table->nr_columns; i++, from = *ends++) {
			if (i)
				spaces(out, GAP);
			put(out, &table->columns[i], table->cells.data + from, *ends - from);
		}
		end_row(out, start);
	}
}

void lun_table_flush(struct lun_stream *s, struct lun_out *out)
{
	struct lun_table *table = s->table;

	if (table->cells.err && !out->err)
		out->err = table->cells.err;
	if (!table->nr_rows || out->err)
		return;
	measure(table);
	if (!table->headed)
		write_head(table, out);
	write_rows(table, out);
	lun_out_reset(&table->cells);
	table->nr_rows = 0;
}
