#include "bpf/read/top_rows.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROWS = 64, FEW = 12 };

void lun_top_rows_free(struct lun_top_rows *rows)
{
	free(rows->data);
	rows->data = NULL;
	rows->nr = rows->cap = 0;
}

static int grow(struct lun_top_rows *rows, uint32_t most)
{
	uint64_t cap = rows->cap ? 2 * (uint64_t)rows->cap : FIRST_ROWS;
	uint8_t *data;

	if (cap > most)
		cap = most;
	data = realloc(rows->data, cap * rows->size);
	if (!data)
		return -1;
	rows->data = data;
	rows->cap = (uint32_t)cap;
	return 0;
}

uint8_t *lun_top_rows_add(struct lun_top_rows *rows, uint32_t most)
{
	if (rows->nr == rows->cap && grow(rows, most))
		return NULL;
	return lun_top_rows_at(rows, rows->nr++);
}

static void swap(const struct lun_top_rows *rows, uint32_t i, uint32_t j)
{
	uint8_t *a = lun_top_rows_at(rows, i), *b = lun_top_rows_at(rows, j);
	uint64_t x, y;

	for (size_t at = 0; at < rows->size; at += sizeof(x)) {
		memcpy(&x, a + at, sizeof(x));
		memcpy(&y, b + at, sizeof(y));
		memcpy(a + at, &y, sizeof(y));
		memcpy(b + at, &x, sizeof(x));
	}
}

static int compare(const struct lun_top_rows *rows, uint32_t i, uint32_t j)
{
	return rows->compare(rows->user, lun_top_rows_at(rows, i), lun_top_rows_at(rows, j));
}

/* Picks a random pivot, so that no input is slow as a rule. */
static uint32_t pick(struct lun_top_rows *rows, uint32_t from, uint32_t to)
{
	rows->random = rows->random * 1664525 + 1013904223;
	return from + (uint32_t)(((uint64_t)rows->random * (to - from)) >> 32);
}

/* Moves one of the rows [from, to) to its place in the order and returns the place: smaller rows
 * come before it, larger ones after it. */
static uint32_t divide(struct lun_top_rows *rows, uint32_t from, uint32_t to)
{
	uint32_t i = from, j = to;

	swap(rows, from, pick(rows, from, to));
	for (;;) {
		do
			i++;
		while (i < to && compare(rows, i, from) < 0);
		do
			j--;
		while (compare(rows, from, j) < 0);
		if (i >= j)
			break;
		swap(rows, i, j);
	}
	swap(rows, from, j);
	return j;
}

void lun_top_rows_cut(struct lun_top_rows *rows, uint32_t n)
{
	uint32_t from = 0, to = rows->nr, at = to;

	if (n >= rows->nr)
		return;
	while (at != n - 1 && to - from > 1) {
		at = divide(rows, from, to);
		if (at < n - 1)
			from = at + 1;
		else
			to = at;
	}
	rows->nr = n;
}

static void sort_few(struct lun_top_rows *rows, uint32_t from, uint32_t to)
{
	for (uint32_t i = from + 1; i < to; i++) {
		for (uint32_t j = i; j > from && compare(rows, j, j - 1) < 0; j--)
			swap(rows, j, j - 1);
	}
}

/* Recurses into the smaller part only, so that the recursion stays shallow. */
static void sort(struct lun_top_rows *rows, uint32_t from, uint32_t to)
{
	while (to - from > FEW) {
		uint32_t at = divide(rows, from, to);

		if (at - from < to - at) {
			sort(rows, from, at);
			from = at + 1;
		} else {
			sort(rows, at + 1, to);
			to = at;
		}
	}
	sort_few(rows, from, to);
}

void lun_top_rows_sort(struct lun_top_rows *rows)
{
	sort(rows, 0, rows->nr);
}
