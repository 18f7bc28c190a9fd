#pragma once
/*
 * How cells compare, in conditions and for sorting: numbers (up to 128 bits) by size; pointers,
 * enums and flags by number; addresses and texts by bytes. A condition's value has the form in
 * which the cell's kind is written.
 */
#include "bpf/decode/encode.h"

/* How a condition's value is compared with the cells of its column. */
enum lun_compare {
	LUN_BY_ORDER,  /* both by what lun_leaf_order gives */
	LUN_BY_NUMBER, /* the number behind a name: a process, an interface, a system call */
	LUN_BY_TEXT,   /* the text that the cell shows */
	LUN_BY_MADE,   /* what a Lua function made: numbers by size where both are numbers */
};

/* The leaf at data in the form that is compared: a number, null, or bytes (LUN_V_STR). */
void lun_leaf_order(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const uint8_t *data, struct lun_value *value);
/* The most bytes that lun_leaf_order gives; 0: it always gives a number. */
uint32_t lun_order_bytes(const struct lun_op *op);
/* The number behind the name that the leaf shows. */
void lun_leaf_number(const struct lun_op *op, const uint8_t *data, struct lun_value *value);

/* The number that `in` is or writes, exact when it is whole and of 64 bits; false: it is none. */
bool lun_order_number(const struct lun_value *in, struct lun_value *number);
/* Converts `in` (a number, text or boolean) to the value that this operation's cells are compared
 * with. Texts point into `in` or into the context's scratch. -EINVAL: not comparable, with a reason
 * in `error` (LUN_ENCODE_ERROR bytes). */
int lun_order_wanted(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const struct lun_value *in, struct lun_value *wanted, enum lun_compare *by, char *error);
