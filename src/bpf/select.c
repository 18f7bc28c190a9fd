#include "bpf/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROWS = 64, ALIGN = 16 };

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

int lun_select_open(struct lun_select *sel, const struct lun_map *map, uint32_t limit, size_t bytes)
{
	memset(sel, 0, sizeof(*sel));
	lun_where_init(&sel->where);
	lun_cell_reader_init(&sel->reader);
	sel->limit = limit;
	sel->bytes = bytes;
	return lun_ahead_open(&sel->ahead, map);
}

static bool is_number(const struct lun_op *op)
{
	return (op->kind == LUN_K_UINT || op->kind == LUN_K_INT || op->kind == LUN_K_FLOAT ||
		       op->kind == LUN_K_BITS || op->kind == LUN_K_DURATION) &&
		op->size <= 9;
}

/* Numbers need no room for a text. */
static void lay_out(struct lun_select *sel)
{
	const struct lun_map *map = &sel->ahead.cur.map;
	bool text = sel->sort.plan && !is_number(&sel->sort.plan->ops[sel->sort.op]);

	sel->key_at = text ? sizeof(struct lun_rank) : offsetof(struct lun_rank, text);
	sel->value_at = sel->key_at + map->info.key_size;
	sel->slot = aligned(sel->value_at + map->value_bytes);
	if (sel->limit > sel->bytes / sel->slot)
		sel->limit = sel->bytes > sel->slot ? (uint32_t)(sel->bytes / sel->slot) : 1;
}

void lun_select_close(struct lun_select *sel)
{
	lun_ahead_close(&sel->ahead);
	lun_where_free(&sel->where);
	lun_cell_free(&sel->sort);
	lun_cell_reader_free(&sel->reader);
	free(sel->after_key);
	free(sel->rows);
	free(sel->heap);
	sel->after_key = sel->rows = NULL;
	sel->heap = NULL;
	sel->nr = sel->cap = 0;
}

static uint8_t *slot_of(const struct lun_select *sel, uint32_t slot)
{
	return sel->rows + slot * sel->slot;
}

static const uint8_t *key_in(const struct lun_select *sel, const uint8_t *slot)
{
	return slot + sel->key_at;
}

static bool is_null(const struct lun_rank *rank)
{
	return !rank->is_text && rank->number.kind == LUN_V_NULL;
}

static int compare_texts(const struct lun_rank *a, const struct lun_rank *b)
{
	int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	return order ? order : a->len - b->len;
}

/* Below 0: a comes first. */
static int compare(const struct lun_select *sel, const struct lun_rank *a, const uint8_t *a_key,
	const struct lun_rank *b, const uint8_t *b_key)
{
	int order;

	if (is_null(a) || is_null(b))
		order = is_null(a) - is_null(b);
	else if (a->is_text != b->is_text)
		order = sel->descending ? b->is_text - a->is_text : a->is_text - b->is_text;
	else {
		order = a->is_text ? compare_texts(a, b)
				   : lun_value_compare(&a->number, &b->number);
		if (sel->descending)
			order = -order;
	}
	return order ? order : memcmp(a_key, b_key, sel->ahead.cur.map.info.key_size);
}

static int compare_slots(const struct lun_select *sel, uint32_t a, uint32_t b)
{
	const uint8_t *x = slot_of(sel, a), *y = slot_of(sel, b);

	return compare(sel, (const struct lun_rank *)x, key_in(sel, x), (const struct lun_rank *)y,
		key_in(sel, y));
}

static void sift_down(struct lun_select *sel, uint32_t at, uint32_t nr)
{
	uint32_t slot = sel->heap[at];

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= nr)
			break;
		if (child + 1 < nr &&
			compare_slots(sel, sel->heap[child], sel->heap[child + 1]) < 0)
			child++;
		if (compare_slots(sel, sel->heap[child], slot) <= 0)
			break;
		sel->heap[at] = sel->heap[child];
		at = child;
	}
	sel->heap[at] = slot;
}

static void sift_up(struct lun_select *sel, uint32_t at)
{
	uint32_t slot = sel->heap[at];

	while (at && compare_slots(sel, sel->heap[(at - 1) / 2], slot) < 0) {
		sel->heap[at] = sel->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	sel->heap[at] = slot;
}

static int grow(struct lun_select *sel)
{
	uint32_t cap = sel->cap ? sel->cap * 2 : FIRST_ROWS;
	uint32_t *heap;
	uint8_t *rows;

	if (cap > sel->limit)
		cap = sel->limit;
	heap = realloc(sel->heap, cap * sizeof(*heap));
	if (heap)
		sel->heap = heap;
	rows = realloc(sel->rows, cap * sel->slot);
	if (rows)
		sel->rows = rows;
	if (!heap || !rows)
		return -ENOMEM;
	sel->cap = cap;
	return 0;
}

static void fill(const struct lun_select *sel, uint8_t *slot, const struct lun_rank *rank,
	const uint8_t *key, const uint8_t *value)
{
	const struct lun_map *map = &sel->ahead.cur.map;

	memcpy(slot, rank, offsetof(struct lun_rank, text));
	memcpy(((struct lun_rank *)slot)->text, rank->text, rank->len);
	memcpy(slot + sel->key_at, key, map->info.key_size);
	memcpy(slot + sel->value_at, value, map->value_bytes);
}

/* Keeps the row where it can be among the first. */
static int offer(struct lun_select *sel, const struct lun_rank *rank, const uint8_t *key,
	const uint8_t *value)
{
	uint8_t *last;
	int err;

	if (sel->nr == sel->limit) {
		last = sel->limit ? slot_of(sel, sel->heap[0]) : NULL;
		if (!last ||
			compare(sel, rank, key, (struct lun_rank *)last, key_in(sel, last)) >= 0)
			return 0;
		fill(sel, last, rank, key, value);
		sift_down(sel, 0, sel->nr);
		return 0;
	}
	err = sel->nr == sel->cap ? grow(sel) : 0;
	if (err)
		return err;
	fill(sel, slot_of(sel, sel->nr), rank, key, value);
	sel->heap[sel->nr] = sel->nr;
	sift_up(sel, sel->nr++);
	return 0;
}

static void read_rank(
	struct lun_select *sel, const uint8_t *key, const uint8_t *value, struct lun_rank *rank)
{
	struct lun_value *cell = &rank->number;

	cell->kind = LUN_V_NULL;
	rank->len = 0;
	if (sel->sort.plan)
		lun_cell_read(&sel->sort, &sel->reader, key, value, cell);
	rank->is_text = cell->kind == LUN_V_STR;
	if (!rank->is_text)
		return;
	rank->len = (uint16_t)(cell->len < LUN_SELECT_TEXT ? cell->len : LUN_SELECT_TEXT);
	memcpy(rank->text, cell->s, rank->len);
}

static int take(struct lun_select *sel, const uint8_t *key, const uint8_t *value)
{
	struct lun_rank rank;

	sel->seen++;
	if (!lun_where_passes(&sel->where, key, value))
		return 0;
	sel->matched++;
	read_rank(sel, key, value, &rank);
	if (sel->after_key && compare(sel, &rank, key, &sel->after, sel->after_key) <= 0)
		return 0;
	sel->remaining++;
	return offer(sel, &rank, key, value);
}

int lun_select_step(struct lun_select *sel)
{
	int n;

	if (sel->err)
		return sel->err;
	if (!sel->slot)
		lay_out(sel);
	n = lun_ahead_next(&sel->ahead);
	if (n < 0)
		sel->err = n;
	for (int i = 0; !sel->err && i < n; i++)
		sel->err = take(sel, lun_ahead_key(&sel->ahead, (uint32_t)i),
			lun_ahead_value(&sel->ahead, (uint32_t)i));
	return sel->err ? sel->err : !sel->ahead.done;
}

void lun_select_sort(struct lun_select *sel)
{
	for (uint32_t n = sel->nr; !sel->sorted && n > 1; n--) {
		uint32_t last = sel->heap[0];

		sel->heap[0] = sel->heap[n - 1];
		sel->heap[n - 1] = last;
		sift_down(sel, 0, n - 1);
	}
	sel->sorted = true;
}

const struct lun_rank *lun_select_rank(const struct lun_select *sel, uint32_t i)
{
	return (const struct lun_rank *)slot_of(sel, sel->heap[i]);
}

const uint8_t *lun_select_key(const struct lun_select *sel, uint32_t i)
{
	return key_in(sel, slot_of(sel, sel->heap[i]));
}

const uint8_t *lun_select_value(const struct lun_select *sel, uint32_t i)
{
	return slot_of(sel, sel->heap[i]) + sel->value_at;
}
