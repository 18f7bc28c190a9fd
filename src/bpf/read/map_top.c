#include "bpf/read/map_top.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/read/map_top_team.h"

/* When the room is full, a quarter of it is freed at once, so that each row moves only a few
 * times. */
enum { ALIGN = 8, SPARE = 64, PART = 4 };

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

int lun_map_top_open(
	struct lun_map_top *sel, const struct lun_map *map, uint32_t limit, size_t bytes)
{
	memset(sel, 0, sizeof(*sel));
	lun_filter_init(&sel->where);
	lun_column_reader_init(&sel->reader);
	sel->limit = limit;
	sel->bytes = bytes;
	return lun_prefetch_open(&sel->ahead, map);
}

static uint32_t smaller(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* The most bytes of a text by which a cell is ordered; numbers need none. */
static uint32_t text_of(const struct lun_column *cell)
{
	return cell->plan ? smaller(lun_order_bytes(&cell->plan->ops[cell->op]), LUN_MAP_TOP_TEXT)
			  : 0;
}

static int compare_rows(const void *user, const uint8_t *a, const uint8_t *b);

void lun_map_top_lay_out(struct lun_map_top *sel)
{
	const struct lun_map *map = &sel->ahead.cur.map;
	size_t fits;

	sel->text = text_of(&sel->sort);
	sel->key_at = offsetof(struct lun_rank, text) + sel->text;
	sel->value_at = sel->key_at + map->info.key_size;
	sel->rows.size = aligned(sel->value_at + map->value_bytes);
	sel->rows.compare = compare_rows;
	sel->rows.user = sel;
	fits = sel->bytes / sel->rows.size;
	sel->room = smaller(2 * (uint64_t)sel->limit + SPARE, fits > 2 ? fits : 2);
	sel->kept = smaller(sel->limit, sel->room - (sel->room + PART - 1) / PART);
}

void lun_map_top_close(struct lun_map_top *sel)
{
	lun_map_top_team_close(sel);
	lun_prefetch_close(&sel->ahead);
	lun_filter_free(&sel->where);
	lun_column_free(&sel->sort);
	lun_column_reader_free(&sel->reader);
	free(sel->after_key);
	lun_top_rows_free(&sel->rows);
	sel->after_key = NULL;
}

static int compare_texts(const struct lun_rank *a, const struct lun_rank *b)
{
	int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	return order ? order : a->len - b->len;
}

static int compare_ranks(const struct lun_rank *a, const struct lun_rank *b)
{
	struct lun_value x = lun_rank_number(a), y = lun_rank_number(b);
	bool text = a->kind == LUN_V_STR;

	if (text != (b->kind == LUN_V_STR))
		return text ? 1 : -1;
	return text ? compare_texts(a, b) : lun_value_compare(&x, &y);
}

/* Negative when a comes first. */
static int compare(const struct lun_map_top *sel, const struct lun_rank *a, const uint8_t *a_key,
	const struct lun_rank *b, const uint8_t *b_key)
{
	bool a_null = a->kind == LUN_V_NULL, b_null = b->kind == LUN_V_NULL;
	int order;

	if (a_null || b_null) {
		order = a_null - b_null;
	} else {
		order = compare_ranks(a, b);
		if (sel->descending)
			order = -order;
	}
	return order ? order : memcmp(a_key, b_key, sel->ahead.cur.map.info.key_size);
}

static int compare_rows(const void *user, const uint8_t *a, const uint8_t *b)
{
	const struct lun_map_top *sel = user;

	return compare(sel, (const struct lun_rank *)a, a + sel->key_at, (const struct lun_rank *)b,
		b + sel->key_at);
}

static void copy_rank(struct lun_rank *to, const struct lun_rank *from)
{
	memcpy(to, from, offsetof(struct lun_rank, text));
	memcpy(to->text, from->text, from->len);
}

static void fill(const struct lun_map_top *sel, uint8_t *row, const struct lun_rank *rank,
	const uint8_t *key, const uint8_t *value)
{
	const struct lun_map *map = &sel->ahead.cur.map;

	copy_rank((struct lun_rank *)row, rank);
	memcpy(row + sel->key_at, key, map->info.key_size);
	memcpy(row + sel->value_at, value, map->value_bytes);
}

/* Keeps the row if it can be among the first. */
static int offer(struct lun_map_top *sel, const struct lun_rank *rank, const uint8_t *key,
	const uint8_t *value)
{
	uint8_t *row;

	if (!sel->limit)
		return 0;
	if (sel->rows.nr == sel->room) {
		lun_top_rows_cut(&sel->rows, sel->kept);
		sel->full = true;
	}
	if (sel->full) {
		row = lun_top_rows_at(&sel->rows, sel->kept - 1);
		if (compare(sel, rank, key, (struct lun_rank *)row, row + sel->key_at) >= 0)
			return 0;
	}
	row = lun_top_rows_add(&sel->rows, sel->room);
	if (!row)
		return -ENOMEM;
	fill(sel, row, rank, key, value);
	return 0;
}

static void read_rank(
	struct lun_map_top *sel, const uint8_t *key, const uint8_t *value, struct lun_rank *rank)
{
	struct lun_value cell = { .kind = LUN_V_NULL };

	if (sel->sort.plan)
		lun_column_order(&sel->sort, &sel->reader, key, value, &cell);
	rank->kind = (uint8_t)cell.kind;
	rank->u = 0;
	rank->len = 0;
	if (cell.kind != LUN_V_STR) {
		rank->u = cell.u;
		return;
	}
	rank->len = (uint16_t)smaller(cell.len, sel->text);
	memcpy(rank->text, cell.s, rank->len);
}

int lun_map_top_take(struct lun_map_top *sel, const uint8_t *key, const uint8_t *value)
{
	struct lun_rank rank;

	sel->seen++;
	if (!lun_filter_passes(&sel->where, key, value))
		return 0;
	sel->matched++;
	read_rank(sel, key, value, &rank);
	if (sel->after_key && compare(sel, &rank, key, &sel->after, sel->after_key) <= 0)
		return 0;
	sel->remaining++;
	return offer(sel, &rank, key, value);
}

int lun_map_top_merge(struct lun_map_top *sel, const struct lun_map_top *part)
{
	int err = 0;

	sel->seen += part->seen;
	sel->matched += part->matched;
	sel->remaining += part->remaining;
	for (uint32_t i = 0; i < part->rows.nr && !err; i++)
		err = offer(sel, lun_map_top_rank(part, i), lun_map_top_key(part, i),
			lun_map_top_value(part, i));
	return err;
}

/* Decides on the first batch who reads the rest of the map. */
static void share_rest(struct lun_map_top *sel)
{
	if (sel->threads > 1 && !sel->err && !sel->ahead.done && lun_map_top_team_open(sel))
		sel->threads = 1;
	sel->ahead.alone = sel->threads > 1;
}

int lun_map_top_step(struct lun_map_top *sel)
{
	int n;

	if (sel->err)
		return sel->err;
	if (sel->team) {
		n = lun_map_top_team_step(sel);
		sel->err = n < 0 ? n : 0;
		return n;
	}
	if (!sel->rows.size)
		lun_map_top_lay_out(sel);
	if (!sel->threads)
		sel->threads = lun_map_top_threads(sel);
	sel->ahead.alone = sel->threads > 1;
	n = lun_prefetch_next(&sel->ahead);
	if (n < 0)
		sel->err = n;
	for (int i = 0; !sel->err && i < n; i++)
		sel->err = lun_map_top_take(sel, lun_prefetch_key(&sel->ahead, (uint32_t)i),
			lun_prefetch_value(&sel->ahead, (uint32_t)i));
	if (!sel->err && sel->ahead.done) {
		sel->restarted = sel->ahead.cur.restarted;
		sel->truncated = sel->ahead.cur.truncated;
	}
	share_rest(sel);
	return sel->err ? sel->err : !sel->ahead.done;
}

static int compare_keys(const void *a, const void *b, void *user)
{
	const struct lun_map_top *sel = user;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = memcmp(
		lun_map_top_key(sel, x), lun_map_top_key(sel, y), sel->ahead.cur.map.info.key_size);

	return order ? order : (x > y) - (x < y);
}

/* A kind that marks a repeated row. */
enum { DOUBLE_ROW = UINT8_MAX };

static void mark_doubles(struct lun_map_top *sel, const uint32_t *order)
{
	uint32_t size = sel->ahead.cur.map.info.key_size;

	for (uint32_t i = 1; i < sel->rows.nr; i++) {
		if (!memcmp(lun_map_top_key(sel, order[i - 1]), lun_map_top_key(sel, order[i]),
			    size))
			((struct lun_rank *)lun_top_rows_at(&sel->rows, order[i]))->kind =
				DOUBLE_ROW;
	}
}

/* Of rows with the same key only the first is kept. */
static int drop_doubles(struct lun_map_top *sel)
{
	uint32_t *order = malloc((sel->rows.nr + 1) * sizeof(*order));
	uint32_t nr = 0;

	if (!order)
		return -ENOMEM;
	for (uint32_t i = 0; i < sel->rows.nr; i++)
		order[i] = i;
	qsort_r(order, sel->rows.nr, sizeof(*order), compare_keys, sel);
	mark_doubles(sel, order);
	free(order);
	for (uint32_t i = 0; i < sel->rows.nr; i++) {
		if (lun_map_top_rank(sel, i)->kind == DOUBLE_ROW)
			continue;
		if (i != nr)
			memcpy(lun_top_rows_at(&sel->rows, nr), lun_top_rows_at(&sel->rows, i),
				sel->rows.size);
		nr++;
	}
	sel->remaining -= sel->rows.nr - nr;
	sel->rows.nr = nr;
	return 0;
}

int lun_map_top_sort(struct lun_map_top *sel)
{
	if (sel->sorted)
		return 0;
	lun_top_rows_sort(&sel->rows);
	if (sel->rows.nr > sel->limit)
		sel->rows.nr = sel->limit;
	sel->sorted = true;
	return sel->restarted || sel->shared ? drop_doubles(sel) : 0;
}

static int note_last(struct lun_map_top *sel)
{
	uint32_t last = sel->rows.nr - 1, size = sel->ahead.cur.map.info.key_size;

	if (!sel->after_key)
		sel->after_key = malloc((size_t)size + 1);
	if (!sel->after_key)
		return -ENOMEM;
	copy_rank(&sel->after, lun_map_top_rank(sel, last));
	memcpy(sel->after_key, lun_map_top_key(sel, last), size);
	return 0;
}

static int reopen(struct lun_map_top *sel)
{
	struct lun_map map;
	int err = lun_map_dup(&map, &sel->ahead.cur.map);

	if (err)
		return err;
	lun_map_top_team_close(sel);
	lun_prefetch_close(&sel->ahead);
	err = lun_prefetch_open(&sel->ahead, &map);
	lun_map_close(&map);
	return err;
}

int lun_map_top_again(struct lun_map_top *sel)
{
	sel->err = sel->rows.nr ? note_last(sel) : 0;
	if (!sel->err)
		sel->err = reopen(sel);
	sel->rows.nr = 0;
	sel->seen = sel->matched = sel->remaining = 0;
	sel->full = sel->sorted = sel->shared = false;
	return sel->err;
}

const struct lun_rank *lun_map_top_rank(const struct lun_map_top *sel, uint32_t i)
{
	return (const struct lun_rank *)lun_top_rows_at(&sel->rows, i);
}

const uint8_t *lun_map_top_key(const struct lun_map_top *sel, uint32_t i)
{
	return lun_top_rows_at(&sel->rows, i) + sel->key_at;
}

const uint8_t *lun_map_top_value(const struct lun_map_top *sel, uint32_t i)
{
	return lun_top_rows_at(&sel->rows, i) + sel->value_at;
}
