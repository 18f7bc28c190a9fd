#pragma once
/*
 * What cells are compared by, in conditions and for an order alike: numbers by their size, 128
 * bits wide too, pointers, enums and flags by their number, addresses by their bytes, texts by
 * theirs. A condition's value is read as the cell's kind writes it.
 */
#include "bpf/decode/encode.h"

/* How a condition's value stands to the cells of its column. */
enum lun_compare {
	LUN_BY_ORDER,  /* both by what lun_leaf_order gives */
	LUN_BY_NUMBER, /* the number behind a name: a process, an interface, a system call */
	LUN_BY_TEXT,   /* the text that the cell shows */
};

/* The leaf at data as it is compared: a number, null, or bytes (LUN_V_STR) in their order. */
void lun_leaf_order(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const uint8_t *data, struct lun_value *value);
/* The most bytes that this gives; 0 where it is always a number. */
uint32_t lun_order_bytes(const struct lun_op *op);
/* The number behind the name that the leaf shows. */
void lun_leaf_number(const struct lun_op *op, const uint8_t *data, struct lun_value *value);

/* What cells of this operation have to be compared with for the value `in` (a number, text or
 * boolean); texts point into `in` or into the context's scratch. -EINVAL with a reason in `error`
 * (LUN_ENCODE_ERROR bytes) where it can't be compared. */
int lun_order_wanted(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const struct lun_value *in, struct lun_value *wanted, enum lun_compare *by, char *error);
