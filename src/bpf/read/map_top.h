#pragma once
/*
 * The first rows of a map in the order of a cell, for a map of any size: one walk over the map, for
 * at most `limit` rows. Rows are ordered by the cell, then by the bytes of their key, so the order
 * is total and the next page starts after the last row. Numbers come before texts; rows without a
 * value come last in both directions. Long texts are ordered by their first LUN_MAP_TOP_TEXT bytes.
 * Belongs to one thread at a time.
 */
#include "bpf/read/cursor_prefetch.h"
#include "bpf/read/top_rows.h"
#include "bpf/read/filter.h"

enum { LUN_MAP_TOP_TEXT = 256 };

/* The sort value of a row. */
struct lun_rank {
	union {
		uint64_t u;
		int64_t i;
		double d;
	};
	uint8_t kind; /* enum lun_value_kind: LUN_V_NULL, of a number, or LUN_V_STR */
	uint16_t len;
	char text[LUN_MAP_TOP_TEXT];
};

struct lun_map_top_team;

struct lun_map_top {
	struct lun_prefetch ahead;
	uint32_t threads;              /* 0: not known yet */
	struct lun_map_top_team *team; /* more than one: they read what comes after `ahead` */
	struct lun_filter where;       /* the caller fills it in after lun_map_top_open */
	struct lun_column sort;        /* likewise; without a plan all rows are equal: by key */
	struct lun_column_reader reader;
	bool descending;
	struct lun_rank after;    /* only rows after this one, with after_key */
	uint8_t *after_key;       /* NULL: from the first */
	struct lun_top_rows rows; /* rank, key, value */
	size_t key_at, value_at, bytes;
	uint32_t text; /* bytes of one in a row's rank */
	uint32_t limit;
	uint32_t room, kept;       /* most rows held; rows left after a cut */
	bool full;                 /* row kept - 1 is the last that can still be in the result */
	uint64_t seen;             /* entries that were read */
	uint64_t matched;          /* … and passed */
	uint64_t remaining;        /* of those, the ones after `after` */
	bool restarted, truncated; /* known after the last step */
	bool shared; /* several threads read: a map that changes may report a key twice */
	bool sorted;
	int err; /* of the step that failed; no step follows it */
};

/* At most `limit` rows, and `bytes` of memory: where they don't fit, fewer, but one at least. */
int lun_map_top_open(
	struct lun_map_top *sel, const struct lun_map *map, uint32_t limit, size_t bytes);
void lun_map_top_close(struct lun_map_top *sel);

/* For the team's threads: prepares the rows; tests an entry and keeps it if it can be among the
 * first; 0 or -ENOMEM. lun_map_top_merge adds what another selection of the same order has found,
 * in another part of the map. */
void lun_map_top_lay_out(struct lun_map_top *sel);
int lun_map_top_take(struct lun_map_top *sel, const uint8_t *key, const uint8_t *value);
int lun_map_top_merge(struct lun_map_top *sel, const struct lun_map_top *part);

/* Reads another batch of the map: 1: more follow, 0: done, or -errno. */
int lun_map_top_step(struct lun_map_top *sel);

/* After the last step: sorts the rows and removes repeated keys (a map that changes during the walk
 * may report a key twice). 0 or -errno. */
int lun_map_top_sort(struct lun_map_top *sel);
/* Whether more rows follow that had no room. */
static inline bool lun_map_top_more(const struct lun_map_top *sel)
{
	return sel->remaining > sel->rows.nr;
}
/* After lun_map_top_sort: another walk, for the rows after the last. 0 or -errno. */
int lun_map_top_again(struct lun_map_top *sel);

/* Row i of sel->rows.nr, in order once they are sorted. */
const struct lun_rank *lun_map_top_rank(const struct lun_map_top *sel, uint32_t i);
const uint8_t *lun_map_top_key(const struct lun_map_top *sel, uint32_t i);
const uint8_t *lun_map_top_value(const struct lun_map_top *sel, uint32_t i);

/* A number or nothing as a value. */
static inline struct lun_value lun_rank_number(const struct lun_rank *rank)
{
	return (struct lun_value){ .kind = (enum lun_value_kind)rank->kind, .u = rank->u };
}

/* A rank as text and back: "n" (no value), "i-5", "u7", "d0x1.8p+3", "tsome text". -EINVAL. */
void lun_rank_write(struct lun_out *out, const struct lun_rank *rank);
int lun_rank_read(struct lun_rank *rank, const char *text, size_t len);
