#pragma once
/*
 * Rows of one size in one piece of memory, ordered where they lie: no index, no second copy.
 * Belongs to one thread at a time.
 */
#include <stddef.h>
#include <stdint.h>

/* Below 0: a comes first. */
typedef int (*lun_row_compare_fn)(const void *user, const uint8_t *a, const uint8_t *b);

struct lun_top_rows {
	uint8_t *data;
	size_t size; /* of a row: a multiple of 8 */
	uint32_t nr, cap;
	lun_row_compare_fn compare;
	const void *user;
	uint32_t random;
};

static inline uint8_t *lun_top_rows_at(const struct lun_top_rows *rows, uint32_t i)
{
	return rows->data + (size_t)i * rows->size;
}

void lun_top_rows_free(struct lun_top_rows *rows);
/* Another row at the end, to be filled in; NULL: no memory. There is room for `most` at most. */
uint8_t *lun_top_rows_add(struct lun_top_rows *rows, uint32_t most);
/* Keeps the n rows that come first (n > 0), in no order but that the last of them is at n - 1. */
void lun_top_rows_cut(struct lun_top_rows *rows, uint32_t n);
void lun_top_rows_sort(struct lun_top_rows *rows);
