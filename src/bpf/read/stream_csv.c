#include "bpf/read/stream_csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/csv.h"

int lun_csv_columns(struct lun_stream *s)
{
	uint32_t keys = lun_plan_columns(s->view.key, "key", NULL, 0);
	uint32_t values = lun_plan_columns(s->view.value, "value", NULL, 0);

	s->picks = calloc(keys + values + 1, sizeof(*s->picks));
	if (!s->picks)
		return -ENOMEM;
	lun_plan_columns(s->view.key, "key", s->picks, keys);
	lun_plan_columns(s->view.value, "value", s->picks + keys, values);
	s->nr_key_picks = keys;
	s->nr_picks = keys + values;
	return 0;
}

static bool is_key(const struct lun_stream *s, uint32_t i)
{
	return i < s->nr_key_picks;
}

/* True when the key and the value have columns of this name: then the header adds the part. */
static bool is_double(const struct lun_stream *s, uint32_t i)
{
	for (uint32_t j = 0; j < s->nr_picks; j++) {
		if (is_key(s, i) != is_key(s, j) && !strcmp(s->picks[i].path, s->picks[j].path))
			return true;
	}
	return false;
}

static void write_name(const struct lun_stream *s, struct lun_out *out, uint32_t i)
{
	char name[sizeof(s->picks->path) + sizeof("value.")];
	int len = snprintf(name, sizeof(name), "%s%s",
		!is_double(s, i)       ? ""
			: is_key(s, i) ? "key."
				       : "value.",
		s->picks[i].path);

	lun_csv_field(out, name, (size_t)len, s->guard);
}

void lun_csv_header(const struct lun_stream *s, struct lun_out *out)
{
	for (uint32_t i = 0; i < s->nr_picks; i++) {
		if (i)
			lun_out_char(out, ',');
		if (i == s->nr_key_picks && lun_entry_format_each_cpu(&s->view))
			lun_out_str(out, "cpu,");
		write_name(s, out, i);
	}
	lun_out_char(out, '\n');
}

/* Writes arrays, and cells decoded by Lua, as JSON in one quoted field. */
static void write_json_cell(struct lun_stream *s, struct lun_out *out, const struct lun_plan *plan,
	const struct lun_pick *pick, const struct lun_bytes *bytes, enum lun_side side)
{
	struct lun_entry_sink sink = { .side = side, .text = true, .user = s->user };
	struct lun_out cell;

	lun_out_init(&cell);
	lun_json_sink_init(&sink.json, &cell);
	sink.json.sink.func = s->func;
	lun_plan_visit_from(plan, &s->ctx, bytes, s->view.reduce, &sink.json.sink, pick->op,
		pick->offset - plan->ops[pick->op].offset);
	lun_csv_field(out, cell.data, cell.len, s->guard);
	if (cell.err && !out->err)
		out->err = cell.err;
	lun_out_free(&cell);
}

static void write_cell(struct lun_stream *s, struct lun_out *out, const struct lun_plan *plan,
	const struct lun_pick *pick, const struct lun_bytes *bytes, enum lun_side side)
{
	const struct lun_op *op = &plan->ops[pick->op];
	struct lun_value value;

	if (op->kind == LUN_K_ARRAY || op->kind == LUN_K_FUNC) {
		write_json_cell(s, out, plan, pick, bytes, side);
		return;
	}
	if (bytes->cpus > 1)
		lun_leaf_reduced(plan, op, &s->ctx, bytes, pick->offset, s->view.reduce, &value);
	else
		lun_leaf(plan, op, &s->ctx, bytes->data + pick->offset, &value);
	if (value.kind == LUN_V_STR)
		lun_csv_field(out, value.s, value.len, s->guard);
	else
		lun_value_text(out, &value);
}

static void write_row(struct lun_stream *s, struct lun_out *out, const uint8_t *key,
	const struct lun_bytes *values, int cpu)
{
	struct lun_bytes key_bytes = lun_entry_format_key(key);

	for (uint32_t i = 0; i < s->nr_picks; i++) {
		bool of_key = is_key(s, i);

		if (i)
			lun_out_char(out, ',');
		if (i == s->nr_key_picks && cpu >= 0)
			lun_out_printf(out, "%d,", cpu);
		write_cell(s, out, of_key ? s->view.key : s->view.value, &s->picks[i],
			of_key ? &key_bytes : values, of_key ? LUN_SIDE_KEY : LUN_SIDE_VALUE);
	}
	lun_out_char(out, '\n');
}

void lun_csv_entry(
	struct lun_stream *s, struct lun_out *out, const uint8_t *key, const uint8_t *value)
{
	struct lun_bytes values = lun_entry_format_values(&s->view, value);

	if (!lun_entry_format_each_cpu(&s->view)) {
		write_row(s, out, key, &values, -1);
		return;
	}
	for (uint32_t cpu = 0; cpu < s->view.cpus; cpu++) {
		values = lun_entry_format_cpu(&s->view, value, cpu);
		write_row(s, out, key, &values, (int)cpu);
	}
}
