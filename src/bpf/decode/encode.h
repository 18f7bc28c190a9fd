#pragma once
/*
 * Encodes a value as the bytes of a leaf. A value that does not fit is an error with a sentence;
 * nothing is cut or wrapped.
 */
#include "bpf/decode/value.h"

enum { LUN_ENCODE_ERROR = 160 };

__extension__ typedef unsigned __int128 lun_u128;

/* An integer of any size that a field may have. */
struct lun_integer {
	lun_u128 magnitude;
	bool negative;
};

/* A whole number, or the text of one in digits (or 0x…); false where it is none. */
bool lun_integer_of(const struct lun_value *in, struct lun_integer *n);

/* Writes the field at `data` (the start of the operation's bytes; bits around a bit field
 * stay). 0, or -EINVAL with the reason in `error` (LUN_ENCODE_ERROR bytes). `in` is a number,
 * a text or a boolean. */
int lun_leaf_encode(const struct lun_plan *plan, const struct lun_op *op,
	const struct lun_value *in, uint8_t *data, char *error);
