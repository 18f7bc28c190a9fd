#pragma once
/*
 * A condition on entries, compiled: a flat array of tests on cells, joined by "all of" and
 * "any of". Built once, then asked for every entry; belongs to one thread at a time. A cell
 * without a value passes no test.
 */
#include "bpf/decode/column_read.h"
#include "bpf/decode/order.h"

enum lun_filter_op {
	LUN_FILTER_ALL,  /* true when all tests inside pass, or there are none */
	LUN_FILTER_ANY,  /* true when a test inside passes */
	LUN_FILTER_NONE, /* true when no test inside passes */
	LUN_FILTER_EQ,
	LUN_FILTER_NE,
	LUN_FILTER_LT,
	LUN_FILTER_LE,
	LUN_FILTER_GT,
	LUN_FILTER_GE,
	LUN_FILTER_CONTAINS, /* the shown text, whatever the case of its letters */
	LUN_FILTER_STARTS,   /* likewise */
	LUN_FILTER_CALL,     /* the caller's own test of the text */
};

/* The caller's test, by its number. */
typedef bool (*lun_filter_call_fn)(void *user, uint32_t number, const char *text, size_t len);

struct lun_filter_test {
	uint8_t op;
	uint32_t next;      /* the test after this one and its inside */
	uint32_t cell;      /* the cell that it tests */
	uint8_t by;         /* enum lun_compare */
	uint32_t text, len; /* in the texts */
	struct lun_value
		number; /* the value to compare with; LUN_V_NULL: the text; a call's number */
};

struct lun_filter {
	struct lun_filter_test *tests;
	uint32_t nr_tests;
	struct lun_column *cells;
	uint32_t nr_cells;
	char *texts;
	uint32_t texts_len;
	uint32_t open[16]; /* containers that are not closed yet */
	uint32_t depth;
	struct lun_column_reader reader;
	lun_filter_call_fn call;
	void *user;
};

void lun_filter_init(struct lun_filter *where);
void lun_filter_free(struct lun_filter *where);

/* Building: one test, or a container around all. 0 or -errno; -E2BIG: nested too deeply, or
 * too much of it. */
int lun_filter_open(struct lun_filter *where, enum lun_filter_op op);
int lun_filter_close(struct lun_filter *where);
/* Takes the cell over, also on failure. `wanted` comes from lun_order_wanted; for CONTAINS and
 * STARTS it is a text, for CALL the call's number. */
int lun_filter_add(struct lun_filter *where, enum lun_filter_op op, struct lun_column *cell,
	const struct lun_value *wanted, enum lun_compare by);

/* Whether an entry is wanted; without any test, all are. */
bool lun_filter_passes(struct lun_filter *where, const uint8_t *key, const uint8_t *value);

/* Whether it calls its caller: for a test of the text, or for a cell that Lua makes. */
bool lun_filter_calls(const struct lun_filter *where);

/* "eq", "contains" …; -ENOENT. */
int lun_filter_parse(const char *name);
