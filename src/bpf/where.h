#pragma once
/*
 * A condition on entries, compiled: a flat array of tests on cells, joined by "all of" and
 * "any of". Built once, then asked for every entry; belongs to one thread at a time. A cell
 * without a value passes no test.
 */
#include "bpf/cell.h"

enum lun_where_op {
	LUN_WHERE_ALL,  /* of what is inside; so, with nothing inside, true */
	LUN_WHERE_ANY,  /* … false */
	LUN_WHERE_NONE, /* none of what is inside */
	LUN_WHERE_EQ,
	LUN_WHERE_NE,
	LUN_WHERE_LT,
	LUN_WHERE_LE,
	LUN_WHERE_GT,
	LUN_WHERE_GE,
	LUN_WHERE_CONTAINS, /* text, whatever the case of its letters */
	LUN_WHERE_STARTS,   /* likewise */
	LUN_WHERE_CALL,     /* the caller's own test of the text */
};

/* The caller's test, by its number. */
typedef bool (*lun_where_call_fn)(void *user, uint32_t number, const char *text, size_t len);

struct lun_where_test {
	uint8_t op;
	uint32_t next;           /* the test after this one and its inside */
	uint32_t cell;           /* which it looks at */
	uint32_t text, len;      /* in the texts; or, of a call, its number in `text` */
	struct lun_value number; /* what is compared with; LUN_V_NULL: the text */
};

struct lun_where {
	struct lun_where_test *tests;
	uint32_t nr_tests;
	struct lun_cell *cells;
	uint32_t nr_cells;
	char *texts;
	uint32_t texts_len;
	uint32_t open[16]; /* containers that are not closed yet */
	uint32_t depth;
	struct lun_cell_reader reader;
	lun_where_call_fn call;
	void *user;
};

void lun_where_init(struct lun_where *where);
void lun_where_free(struct lun_where *where);

/* Building: one test, or a container around all. 0 or -errno; -E2BIG: nested too deeply, or
 * too much of it. */
int lun_where_open(struct lun_where *where, enum lun_where_op op);
int lun_where_close(struct lun_where *where);
/* Takes the cell over, also on failure. Text is compared where number is NULL. */
int lun_where_add(struct lun_where *where, enum lun_where_op op, struct lun_cell *cell,
	const struct lun_value *number, const char *text, size_t len);

/* Whether an entry is wanted; without any test, all are. */
bool lun_where_passes(struct lun_where *where, const uint8_t *key, const uint8_t *value);

/* "eq", "contains" …; -ENOENT. */
int lun_where_parse(const char *name);
