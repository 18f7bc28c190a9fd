#include "metric/map_scan.h"
#include "text/monotonic.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	ERROR_KEY_BYTES = 32,
	PRUNE_ABOVE = 32768, /* groups collected before only the largest are kept */
};

void lun_map_scan_free(struct lun_map_scan *scan)
{
	for (size_t i = 0; i < scan->n_labels; i++)
		free(scan->labels[i].text);
	for (size_t i = 0; i < scan->n_cells; i++)
		free(scan->cells[i].bounds);
	free(scan->labels);
	free(scan->cells);
	free(scan->rule);
	lun_plan_unref(scan->key);
	lun_plan_unref(scan->value);
	lun_map_close(&scan->map);
}

int lun_map_scan_begin(struct lun_map_scan_run *run, struct lun_map_scan *scan)
{
	int err;

	memset(run, 0, sizeof(*run));
	run->scan = scan;
	lun_ctx_init(&run->ctx);
	run->cursor.map.fd = -1;
	run->labels = calloc(scan->n_labels + 1, sizeof(*run->labels));
	err = run->labels ? lun_cursor_open(&run->cursor, &scan->map, 0) : -ENOMEM;
	if (err)
		lun_map_scan_end(run);
	return err;
}

void lun_map_scan_end(struct lun_map_scan_run *run)
{
	run->scan->restarted = run->cursor.restarted;
	run->scan->truncated = run->cursor.truncated;
	lun_cursor_close(&run->cursor);
	lun_ctx_free(&run->ctx);
	lun_out_free(&run->text);
	free(run->labels);
	run->labels = NULL;
}

int lun_map_scan_next(struct lun_map_scan_run *run)
{
	int count = 0;

	while (!count && !run->cursor.done) {
		if (run->scan->deadline > 0 && lun_monotonic() > run->scan->deadline) {
			run->scan->late = true;
			return 0;
		}
		count = lun_cursor_next(&run->cursor);
	}
	run->scan->entries += count > 0 ? (uint64_t)count : 0;
	return count;
}

/* Counts a rejected entry; keeps the first one's key for the message. */
static void note_error(struct lun_map_scan_run *run, uint32_t entry, const char *what)
{
	struct lun_map_scan *scan = run->scan;
	const uint8_t *key = lun_cursor_key(&run->cursor, entry);
	uint32_t size = scan->map.info.key_size;
	int n;

	if (scan->errors++)
		return;
	n = snprintf(scan->error, sizeof(scan->error), "%s in the entry with key ", what);
	for (uint32_t i = 0; i < size && i < ERROR_KEY_BYTES && n > 0; i++)
		n += snprintf(scan->error + n, sizeof(scan->error) - (size_t)n, "%02x", key[i]);
}

/* The location of a column's bytes. */
struct place {
	const struct lun_plan *plan;
	struct lun_bytes bytes;
	uint32_t size;
};

static struct place place_of(struct lun_map_scan_run *run, const struct lun_map_scan_column *column,
	uint32_t entry, int cpu)
{
	const struct lun_map *map = &run->scan->map;
	const uint8_t *value = lun_cursor_value(&run->cursor, entry);

	if (column->from == LUN_FROM_KEY)
		return (struct place){ run->scan->key,
			{ lun_cursor_key(&run->cursor, entry), 1, 0 }, map->info.key_size };
	if (cpu >= 0)
		return (struct place){ run->scan->value,
			{ value + (size_t)cpu * map->stride, 1, map->stride },
			map->info.value_size };
	return (struct place){ run->scan->value, { value, map->cpus, map->stride },
		map->info.value_size };
}

static int64_t raw_number(const uint8_t *data, uint32_t size)
{
	uint64_t v = lun_load(data, size, false);
	uint32_t unused = 64 - 8 * size;

	return (int64_t)(v << unused) >> unused;
}

static void raw_text(
	struct lun_out *out, enum lun_map_scan_raw raw, const uint8_t *data, uint32_t size)
{
	if (raw == LUN_RAW_NUMBER && size && size <= 8) {
		lun_out_i64(out, raw_number(data, size));
	} else if (raw == LUN_RAW_STRING) {
		while (size && !data[size - 1])
			size--;
		lun_out_mem(out, data, size);
	} else {
		lun_out_hex(out, data, size);
	}
}

static void column_text(struct lun_map_scan_run *run, const struct lun_map_scan_column *column,
	uint32_t entry, int cpu)
{
	struct place place;
	struct lun_value v;

	if (column->from == LUN_FROM_CONST) {
		lun_out_str(&run->text, column->text);
		return;
	}
	if (column->from == LUN_FROM_CPU) {
		if (cpu >= 0)
			lun_out_u64(&run->text, (uint64_t)cpu);
		return;
	}
	place = place_of(run, column, entry, cpu);
	if (column->raw) {
		raw_text(&run->text, column->raw, place.bytes.data, place.size);
		return;
	}
	lun_leaf_reduced(place.plan, &place.plan->ops[column->pick.op], &run->ctx, &place.bytes,
		column->pick.offset, column->reduce, &v);
	lun_value_text(&run->text, &v);
}

/* Notes whether different bytes may give the same text: bytes after the string's end that are not
 * zero, or invalid UTF-8, which is replaced. */
static void look_behind(
	struct lun_map_scan_run *run, const struct lun_map_scan_column *column, uint32_t entry)
{
	struct place place = place_of(run, column, entry, -1);
	const struct lun_op *op = &place.plan->ops[column->pick.op];
	const uint8_t *p = place.bytes.data + column->pick.offset;

	size_t end = strnlen((const char *)p, op->size);

	run->scan->blurred |= !lun_metric_is_ascii((const char *)p, end);
	for (size_t i = end; i < op->size; i++)
		run->scan->blurred |= p[i] != 0;
}

static void look_behind_texts(struct lun_map_scan_run *run, uint32_t count)
{
	for (size_t i = 0; i < run->scan->n_labels; i++) {
		const struct lun_map_scan_column *column = &run->scan->labels[i];

		if (column->from != LUN_FROM_KEY || column->raw ||
			run->scan->key->ops[column->pick.op].kind != LUN_K_CHARS)
			continue;
		for (uint32_t entry = 0; entry < count; entry++)
			look_behind(run, column, entry);
	}
}

int lun_map_scan_labels(struct lun_map_scan_run *run, uint32_t entry, int cpu)
{
	size_t n = run->scan->n_labels;

	lun_out_reset(&run->text);
	for (size_t i = 0; i < n; i++) {
		run->labels[i].len = run->text.len;
		column_text(run, &run->scan->labels[i], entry, cpu);
	}
	if (run->text.err)
		return run->text.err;
	/* The text buffer no longer moves: converts offsets to slices. */
	for (size_t i = 0; i < n; i++) {
		size_t start = run->labels[i].len;
		size_t end = i + 1 < n ? run->labels[i + 1].len : run->text.len;

		run->labels[i].data = run->text.data ? run->text.data + start : "";
		run->labels[i].len = end - start;
	}
	return 0;
}

static bool from_value(const struct lun_op *op, const struct lun_value *v, const uint8_t *data,
	struct lun_metric_number *number)
{
	number->kind = op->kind == LUN_K_UINT ? LUN_NUMBER_U64 : LUN_NUMBER_I64;
	switch (v->kind) {
	case LUN_V_BOOL:
		number->i64 = v->b;
		return true;
	case LUN_V_INT:
	case LUN_V_I64:
		number->i64 = v->i;
		return true;
	case LUN_V_U64:
		number->kind = LUN_NUMBER_U64;
		number->u64 = v->u;
		return true;
	case LUN_V_DOUBLE:
		number->kind = LUN_NUMBER_F64;
		number->f64 = v->d;
		return !isnan(v->d);
	case LUN_V_STR:
		/* The number behind a name (enum, interface). */
		if (op->kind == LUN_K_CHARS || op->kind == LUN_K_BYTES || op->size > 8)
			return false;
		number->kind = LUN_NUMBER_U64;
		number->u64 = lun_load(data, op->size, op->flags & LUN_OP_BE);
		return true;
	case LUN_V_NULL:
		break;
	}
	return false;
}

static bool plan_number(struct lun_map_scan_run *run, const struct place *place, uint32_t at,
	uint32_t offset, uint8_t reduce, struct lun_metric_number *number)
{
	const struct lun_op *op = &place->plan->ops[at];
	struct lun_value v;

	lun_leaf_reduced(place->plan, op, &run->ctx, &place->bytes, offset, reduce, &v);
	return from_value(op, &v, place->bytes.data + offset, number);
}

bool lun_map_scan_number(struct lun_map_scan_run *run, const struct lun_map_scan_column *column,
	uint32_t entry, int cpu, struct lun_metric_number *number)
{
	struct place place = place_of(run, column, entry, cpu);
	bool ok;

	if (column->raw) {
		ok = place.size && place.size <= 8;
		number->kind = LUN_NUMBER_I64;
		number->i64 = ok ? raw_number(place.bytes.data, place.size) : 0;
	} else {
		ok = plan_number(
			run, &place, column->pick.op, column->pick.offset, column->reduce, number);
	}
	if (!ok)
		note_error(run, entry, "the value is not a number");
	else if (column->counts && lun_metric_number_double(*number) < 0) {
		note_error(run, entry, "a count below zero");
		ok = false;
	}
	return ok;
}

static bool is_zero(struct lun_metric_number v)
{
	return lun_metric_number_double(v) == 0;
}

/* The last bucket takes all larger values. */
static size_t clamp(int64_t i, size_t n)
{
	return i < 0 ? 0 : (uint64_t)i >= n ? n - 1 : (size_t)i;
}

/* The bucket of a number. */
static size_t bucket_of(const struct lun_map_scan_cell *cell, struct lun_metric_number v)
{
	double x = lun_metric_number_double(v);
	size_t i = 0;

	while (i + 1 < cell->n_cells && x > cell->bounds[i])
		i++;
	return i;
}

/* A bucket's number as an integer, limited to 64 bits. */
static int64_t whole(struct lun_metric_number index)
{
	if (index.kind == LUN_NUMBER_U64)
		return index.u64 > INT64_MAX ? INT64_MAX : (int64_t)index.u64;
	if (index.kind == LUN_NUMBER_I64)
		return index.i64;
	if (index.f64 >= 0x1p63)
		return INT64_MAX;
	return index.f64 > -0x1p63 ? (int64_t)floor(index.f64) : INT64_MIN;
}

static size_t bucket_named(const struct lun_map_scan_cell *cell, struct lun_metric_number index)
{
	int64_t place;

	if (cell->bounds)
		return bucket_of(cell, index);
	if (__builtin_sub_overflow(whole(index), cell->first, &place))
		return whole(index) < 0 ? 0 : cell->n_cells - 1;
	return clamp(place, cell->n_cells);
}

static void add_bucket(struct lun_map_scan_run *run, const struct lun_map_scan_cell *cell,
	uint32_t entry, int cpu, struct lun_metric_number count, struct lun_groups *groups,
	size_t group)
{
	struct lun_metric_number index;

	if (!lun_map_scan_number(run, &cell->index, entry, cpu, &index))
		return;
	if (cell->has_sum_index && whole(index) == cell->sum_index)
		lun_groups_add(groups, group, (size_t)cell->sum, count);
	else
		lun_groups_add(groups, group, cell->cell + bucket_named(cell, index), count);
}

static void add_slots(struct lun_map_scan_run *run, const struct lun_map_scan_cell *cell,
	uint32_t entry, int cpu, struct lun_groups *groups, size_t group)
{
	struct place place = place_of(run, &cell->column, entry, cpu);
	uint32_t at = cell->column.pick.op, offset = cell->column.pick.offset;
	const struct lun_op *array = &place.plan->ops[at];
	uint32_t size = array->count ? array->size / array->count : 0;
	struct lun_metric_number count;

	for (uint32_t i = 0; i < array->count; i++) {
		if (!plan_number(run, &place, at + 1, offset + i * size + array[1].offset,
			    cell->column.reduce, &count))
			continue;
		if (lun_metric_number_double(count) < 0)
			note_error(run, entry, "a count below zero");
		else
			lun_groups_add(groups, group, cell->cell + clamp(i, cell->n_cells), count);
	}
}

static void observe(const struct lun_map_scan_cell *cell, struct lun_metric_number v,
	struct lun_groups *groups, size_t group)
{
	const struct lun_metric_number one = { .kind = LUN_NUMBER_U64, .u64 = 1 };

	lun_groups_add(groups, group, cell->cell + bucket_of(cell, v), one);
	if (cell->sum >= 0)
		lun_groups_add(groups, group, (size_t)cell->sum, v);
}

static void add_cell(struct lun_map_scan_run *run, const struct lun_map_scan_cell *cell,
	uint32_t entry, int cpu, struct lun_groups *groups, size_t group)
{
	struct lun_metric_number v = { .kind = LUN_NUMBER_U64, .u64 = 1 };

	if (cell->goes == LUN_GOES_SLOTS) {
		add_slots(run, cell, entry, cpu, groups, group);
		return;
	}
	if (cell->goes != LUN_GOES_ONE && !lun_map_scan_number(run, &cell->column, entry, cpu, &v))
		return;
	if (cell->goes == LUN_GOES_BUCKET)
		add_bucket(run, cell, entry, cpu, v, groups, group);
	else if (cell->goes == LUN_GOES_OBSERVE)
		observe(cell, v, groups, group);
	else
		lun_groups_add(groups, group, cell->cell, v);
}

static bool left_out(struct lun_map_scan_run *run, uint32_t entry, int cpu)
{
	const struct lun_map_scan_cell *cell = run->scan->cells;
	struct lun_metric_number v;

	if (!run->scan->skip_zero || cell->goes == LUN_GOES_ONE || cell->goes == LUN_GOES_SLOTS)
		return false;
	return lun_map_scan_number(run, &cell->column, entry, cpu, &v) && is_zero(v);
}

/* Removes the group just added when its value has not changed for long. */
static void leave_old(struct lun_map_scan_run *run, struct lun_groups *groups, size_t group)
{
	struct lun_map_scan *scan = run->scan;

	if (lun_series_fresh(run->history, groups, group, scan->began, scan->expire))
		return;
	lun_groups_pop(groups);
	scan->expired++;
}

static int add_entry(
	struct lun_map_scan_run *run, uint32_t entry, int cpu, struct lun_groups *groups)
{
	size_t before = lun_groups_size(groups);
	int64_t group;
	int err;

	if (left_out(run, entry, cpu))
		return 0;
	err = lun_map_scan_labels(run, entry, cpu);
	if (err)
		return err;
	group = lun_groups_group(groups, run->labels);
	if (group == -ENOSPC)
		return 0;
	if (group < 0)
		return (int)group;
	for (size_t i = 0; i < run->scan->n_cells; i++)
		add_cell(run, &run->scan->cells[i], entry, cpu, groups, (size_t)group);
	if (run->history && lun_groups_size(groups) > before)
		leave_old(run, groups, (size_t)group);
	return 0;
}

static int add_entries(struct lun_map_scan_run *run, uint32_t count, struct lun_groups *groups)
{
	bool each_cpu = run->scan->each_cpu && lun_map_type_per_cpu(run->scan->map.info.type);
	int cpus = each_cpu ? (int)run->scan->map.cpus : 1, err = 0;

	for (uint32_t i = 0; i < count && !err; i++) {
		for (int cpu = 0; cpu < cpus && !err; cpu++)
			err = add_entry(run, i, each_cpu ? cpu : -1, groups);
	}
	return err;
}

static int add_batch(struct lun_map_scan_run *run, uint32_t count, struct lun_groups *groups)
{
	int err;

	if (run->scan->rule)
		run->history = lun_history_open(run->scan->rule, run->scan->began);
	err = add_entries(run, count, groups);
	if (run->history)
		lun_history_release(run->history);
	run->history = NULL;
	if (err || !run->scan->top)
		return err;
	look_behind_texts(run, count);
	if (lun_groups_size(groups) > PRUNE_ABOVE + 2 * run->scan->top)
		err = lun_groups_prune(groups, run->scan->top, run->scan->by);
	return err;
}

int lun_map_scan_run(struct lun_map_scan *scan, struct lun_groups *groups)
{
	struct lun_map_scan_run run;
	int err = lun_map_scan_begin(&run, scan), count = 0;

	if (err)
		return err;
	do {
		count = lun_map_scan_next(&run);
		if (count > 0)
			err = add_batch(&run, (uint32_t)count, groups);
		if (!err && scan->drain && lun_groups_size(groups) > scan->drain_above)
			err = scan->drain(scan->drain_arg);
	} while (count > 0 && !err);
	lun_map_scan_end(&run);
	return count < 0 ? count : err;
}
