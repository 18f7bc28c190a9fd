#pragma once
/*
 * One cell of an entry's row, read straight from the bytes of key or value, for filters and
 * sorting. Cells that a Lua function makes are asked for by a callback.
 */
#include "bpf/object/map.h"
#include "bpf/decode/value.h"
#include "bpf/decode/plan_visit.h"

enum { LUN_ALL_CPUS = -1 };

struct lun_column {
	struct lun_plan *plan; /* a reference */
	uint32_t op, offset;   /* of its column: see struct lun_pick */
	bool of_key;
	uint8_t reduce; /* how all CPUs become one */
	int32_t cpu;    /* whose value; or LUN_ALL_CPUS */
	uint32_t cpus, stride;
	uint32_t made; /* by Lua functions of its plan: the caller's number of it; 0: by C alone */
};

/* Calls the plan's function `op`. Sets `out` to null, a number, or a text that it wrote to `text`.
 */
typedef void (*lun_column_make_fn)(void *user, uint32_t made, const struct lun_op *op,
	const struct lun_bytes *bytes, uint32_t offset, struct lun_out *text,
	struct lun_value *out);

/* The state of a reader; belongs to one thread at a time. */
struct lun_column_reader {
	struct lun_ctx ctx;
	struct lun_out text, made;
	lun_column_make_fn make; /* NULL: such cells have no value */
	void *user;
};

void lun_column_reader_init(struct lun_column_reader *reader);
void lun_column_reader_free(struct lun_column_reader *reader);

/* The column `index` (as lun_plan_columns counts) of a key or value of this map. Takes a
 * reference to the plan. -ENOENT: there is no such column; -EMSGSIZE: the plan reads more than
 * there is. */
int lun_column_init(struct lun_column *cell, const struct lun_map *map, struct lun_plan *plan,
	bool of_key, uint32_t index);
/* Whether Lua functions make it; then the caller sets `made`. */
bool lun_column_calls_lua(const struct lun_column *cell);
void lun_column_free(struct lun_column *cell);

/* Null, a number or a text, which lives until the next cell is read. NaN is null. */
void lun_column_read(const struct lun_column *cell, struct lun_column_reader *reader,
	const uint8_t *key, const uint8_t *value, struct lun_value *out);
/* The cell's value for comparisons (see lun_leaf_order), and the number behind its name. */
void lun_column_order(const struct lun_column *cell, struct lun_column_reader *reader,
	const uint8_t *key, const uint8_t *value, struct lun_value *out);
void lun_column_number(const struct lun_column *cell, struct lun_column_reader *reader,
	const uint8_t *key, const uint8_t *value, struct lun_value *out);
/* The cell as text, numbers as digits. */
void lun_column_text(struct lun_column_reader *reader, struct lun_value *value);
