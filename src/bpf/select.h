#pragma once
/*
 * The entries of a map that come first in the order of a cell, of any number of entries: one
 * walk over the map, of which so many are kept in a heap. Rows are ordered by the cell, then by
 * the bytes of their key, so that each has its place: a page goes on after the last row of the
 * one before it. Numbers come before texts, what has no value comes last either way. Long texts
 * are ordered by their first LUN_SELECT_TEXT bytes. Belongs to one thread at a time.
 */
#include "bpf/ahead.h"
#include "bpf/where.h"

enum { LUN_SELECT_TEXT = 256 };

/* What a row is ordered by. */
struct lun_rank {
	struct lun_value number; /* of any kind but text */
	uint16_t len;
	bool is_text;
	char text[LUN_SELECT_TEXT];
};

struct lun_select {
	struct lun_ahead ahead;
	struct lun_where where; /* the caller fills it in after lun_select_open */
	struct lun_cell sort;   /* likewise; without a plan all rows are equal: by key */
	struct lun_cell_reader reader;
	bool descending;
	struct lun_rank after; /* only rows after this one, with after_key */
	uint8_t *after_key;    /* NULL: from the first */
	uint8_t *rows;         /* slots: rank, key, value */
	uint32_t *heap;        /* slots; the last in order on top */
	size_t slot, key_at, value_at, bytes;
	uint32_t nr, cap, limit;
	uint64_t seen;      /* entries that were read */
	uint64_t matched;   /* … and passed */
	uint64_t remaining; /* of those, the ones after `after` */
	bool sorted;
	int err; /* of a step that failed: there is none after it */
};

/* At most `limit` rows, and `bytes` of memory: limit becomes what fits, but one at least. */
int lun_select_open(
	struct lun_select *sel, const struct lun_map *map, uint32_t limit, size_t bytes);
void lun_select_close(struct lun_select *sel);

/* Takes another batch of the map: 1 more, 0 that was all, or -errno. */
int lun_select_step(struct lun_select *sel);

/* After the last step: row i of sel->nr in order. */
void lun_select_sort(struct lun_select *sel);
const struct lun_rank *lun_select_rank(const struct lun_select *sel, uint32_t i);
const uint8_t *lun_select_key(const struct lun_select *sel, uint32_t i);
const uint8_t *lun_select_value(const struct lun_select *sel, uint32_t i);

/* A rank as text and back: "n" (no value), "i-5", "u7", "d0x1.8p+3", "tsome text". -EINVAL. */
void lun_rank_write(struct lun_out *out, const struct lun_rank *rank);
int lun_rank_read(struct lun_rank *rank, const char *text, size_t len);
