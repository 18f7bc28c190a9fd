#include "bpf/read/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TESTS = 1024, MAX_TEXTS = 1 << 20 };

void lun_filter_init(struct lun_filter *where)
{
	memset(where, 0, sizeof(*where));
	lun_column_reader_init(&where->reader);
}

void lun_filter_free(struct lun_filter *where)
{
	for (uint32_t i = 0; i < where->nr_cells; i++)
		lun_column_free(&where->cells[i]);
	free(where->cells);
	free(where->tests);
	free(where->texts);
	lun_column_reader_free(&where->reader);
	memset(where, 0, sizeof(*where));
}

static int add_test(struct lun_filter *where, const struct lun_filter_test *test)
{
	struct lun_filter_test *grown;

	if (where->nr_tests >= MAX_TESTS)
		return -E2BIG;
	if (where->nr_tests && !where->depth)
		return -EINVAL; /* a single test, or a single container around all tests */
	grown = realloc(where->tests, (where->nr_tests + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	where->tests = grown;
	grown[where->nr_tests] = *test;
	grown[where->nr_tests].next = where->nr_tests + 1;
	where->nr_tests++;
	return 0;
}

int lun_filter_open(struct lun_filter *where, enum lun_filter_op op)
{
	uint32_t at = where->nr_tests;
	int err;

	if (where->depth >= sizeof(where->open) / sizeof(where->open[0]))
		return -E2BIG;
	err = add_test(where, &(struct lun_filter_test){ .op = (uint8_t)op });
	if (!err)
		where->open[where->depth++] = at;
	return err;
}

int lun_filter_close(struct lun_filter *where)
{
	if (!where->depth)
		return -EINVAL;
	where->tests[where->open[--where->depth]].next = where->nr_tests;
	return 0;
}

static int add_cell(struct lun_filter *where, struct lun_column *cell, uint32_t *at)
{
	struct lun_column *grown = realloc(where->cells, (where->nr_cells + 1) * sizeof(*grown));

	if (!grown) {
		lun_column_free(cell);
		return -ENOMEM;
	}
	where->cells = grown;
	*at = where->nr_cells++;
	grown[*at] = *cell;
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int add_text(
	struct lun_filter *where, struct lun_filter_test *test, const struct lun_value *text)
{
	bool fold = test->op == LUN_FILTER_CONTAINS || test->op == LUN_FILTER_STARTS;
	char *grown;

	if (text->len > MAX_TEXTS - where->texts_len)
		return -E2BIG;
	grown = realloc(where->texts, where->texts_len + text->len + 1);
	if (!grown)
		return -ENOMEM;
	where->texts = grown;
	test->text = where->texts_len;
	test->len = (uint32_t)text->len;
	for (uint32_t i = 0; i < test->len; i++)
		grown[where->texts_len++] = fold ? lower(text->s[i]) : text->s[i];
	return 0;
}

int lun_filter_add(struct lun_filter *where, enum lun_filter_op op, struct lun_column *cell,
	const struct lun_value *wanted, enum lun_compare by)
{
	struct lun_filter_test test = { .op = (uint8_t)op, .by = (uint8_t)by };
	int err = add_cell(where, cell, &test.cell);

	if (!err && wanted->kind == LUN_V_STR)
		err = add_text(where, &test, wanted);
	else if (!err)
		test.number = *wanted;
	if (!err && by == LUN_BY_MADE && !lun_order_number(wanted, &test.number))
		test.number.kind = LUN_V_NULL;
	return err ? err : add_test(where, &test);
}

static bool holds(uint8_t op, int order)
{
	switch (op) {
	case LUN_FILTER_EQ:
		return order == 0;
	case LUN_FILTER_NE:
		return order != 0;
	case LUN_FILTER_LT:
		return order < 0;
	case LUN_FILTER_LE:
		return order <= 0;
	case LUN_FILTER_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool begins(const char *s, const char *lowered, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (lower(s[i]) != lowered[i])
			return false;
	}
	return true;
}

static bool contains(const struct lun_value *cell, const char *lowered, uint32_t len)
{
	for (size_t at = 0; at + len <= cell->len; at++) {
		if (begins(cell->s + at, lowered, len))
			return true;
	}
	return false;
}

/* True when the cell passes the condition's test, or its shown text contains the wanted text. */
static bool shown_passes(
	struct lun_filter *where, const struct lun_filter_test *test, struct lun_value *cell)
{
	const char *text;

	lun_column_text(&where->reader, cell);
	if (test->op == LUN_FILTER_CALL)
		return where->call(where->user, (uint32_t)test->number.u, cell->s, cell->len);
	text = where->texts + test->text;
	switch (test->op) {
	case LUN_FILTER_CONTAINS:
		return contains(cell, text, test->len);
	default:
		return cell->len >= test->len && begins(cell->s, text, test->len);
	}
}

/* What the cell is compared with; a cell that is compared as text becomes one. */
static struct lun_value wanted_for(
	struct lun_filter *where, const struct lun_filter_test *test, struct lun_value *cell)
{
	struct lun_value wanted = test->number;

	if (test->by == LUN_BY_MADE && cell->kind == LUN_V_STR)
		wanted.kind = LUN_V_NULL;
	if (test->by == LUN_BY_TEXT || (test->by == LUN_BY_MADE && wanted.kind == LUN_V_NULL))
		lun_column_text(&where->reader, cell);
	if (wanted.kind == LUN_V_NULL) {
		wanted.kind = LUN_V_STR;
		wanted.s = where->texts + test->text;
		wanted.len = test->len;
	}
	return wanted;
}

static bool test_passes(struct lun_filter *where, const struct lun_filter_test *test,
	const uint8_t *key, const uint8_t *value)
{
	const struct lun_column *column = &where->cells[test->cell];
	bool compares = test->op < LUN_FILTER_CONTAINS;
	struct lun_value cell, wanted;

	if (compares && test->by == LUN_BY_ORDER)
		lun_column_order(column, &where->reader, key, value, &cell);
	else if (compares && test->by == LUN_BY_NUMBER)
		lun_column_number(column, &where->reader, key, value, &cell);
	else
		lun_column_read(column, &where->reader, key, value, &cell);
	if (cell.kind == LUN_V_NULL)
		return false;
	if (!compares)
		return shown_passes(where, test, &cell);
	wanted = wanted_for(where, test, &cell);
	return (cell.kind == LUN_V_STR) == (wanted.kind == LUN_V_STR) &&
		holds(test->op, lun_value_compare(&cell, &wanted));
}

static bool passes(struct lun_filter *where, uint32_t at, const uint8_t *key, const uint8_t *value)
{
	const struct lun_filter_test *test = &where->tests[at];
	bool any = test->op != LUN_FILTER_ALL; /* the first passing test decides */

	if (test->op > LUN_FILTER_NONE)
		return test_passes(where, test, key, value);
	for (uint32_t i = at + 1; i < test->next; i = where->tests[i].next) {
		if (passes(where, i, key, value) == any)
			return test->op == LUN_FILTER_ANY;
	}
	return test->op != LUN_FILTER_ANY;
}

bool lun_filter_passes(struct lun_filter *where, const uint8_t *key, const uint8_t *value)
{
	return !where->nr_tests || passes(where, 0, key, value);
}

static const char *const names[] = {
	"all",
	"any",
	"none",
	"eq",
	"ne",
	"lt",
	"le",
	"gt",
	"ge",
	"contains",
	"starts",
	"matches",
};

int lun_filter_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(names[i], name))
			return (int)i;
	}
	return -ENOENT;
}

bool lun_filter_calls(const struct lun_filter *where)
{
	for (uint32_t i = 0; i < where->nr_tests; i++) {
		if (where->tests[i].op == LUN_FILTER_CALL)
			return true;
	}
	for (uint32_t i = 0; i < where->nr_cells; i++) {
		if (where->cells[i].made)
			return true;
	}
	return false;
}
