#pragma once
/*
 * One decoded leaf: a number, a text, or a reason why not. Texts point into the bytes that
 * were decoded or into the context's scratch, and live until the next leaf is decoded.
 */
#include "bpf/decode/plan.h"
#include "text/out.h"

enum lun_value_kind {
	LUN_V_NULL,
	LUN_V_BOOL,
	LUN_V_INT, /* fits a JSON number exactly: in `i` */
	LUN_V_I64,
	LUN_V_U64,
	LUN_V_DOUBLE,
	LUN_V_STR,
};

struct lun_value {
	enum lun_value_kind kind;
	union {
		uint64_t u;
		int64_t i;
		double d;
		bool b;
		struct {
			const char *s;
			size_t len;
			bool plain; /* ASCII that needs no escapes */
		};
	};
};

/* What decoding needs beside the bytes; belongs to one thread at a time. */
struct lun_ctx {
	struct lun_out scratch;
	struct lun_resolver *resolver; /* caches of looked-up names; made when first needed */
};

void lun_ctx_init(struct lun_ctx *ctx);
void lun_ctx_free(struct lun_ctx *ctx);

/* The bytes of one key, or of the values of all CPUs. */
struct lun_bytes {
	const uint8_t *data;
	uint32_t cpus;
	uint32_t stride;
};

/* Decodes the leaf at data; never fails: what has no name comes as its number. */
void lun_leaf(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const uint8_t *data, struct lun_value *value);
/* Whether the CPUs' values can be made one number by `reduce`. */
bool lun_leaf_adds_up(const struct lun_op *op, uint8_t reduce);
/* Of values that don't add up: the bytes of those CPUs that have something, where they agree (all
 * zero: the first CPU's); NULL where they differ. */
const uint8_t *lun_leaf_agreed(
	const struct lun_op *op, const struct lun_bytes *bytes, uint32_t offset);
/* The same over all CPUs, as `reduce` (or the operation itself) says. `offset` is the leaf's
 * from the start of a CPU's value. A sum of integers stays at the ends of its 64 bits. What does
 * not add up and differs is null. */
void lun_leaf_reduced(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const struct lun_bytes *bytes, uint32_t offset, uint8_t reduce, struct lun_value *value);

/* An integer of 1 to 8 bytes. */
uint64_t lun_load(const uint8_t *data, uint32_t size, bool be);
uint64_t lun_load_bits(const struct lun_op *op, const uint8_t *data);
/* As text without quotes: digits, the string itself, "true"; nothing for null. */
void lun_value_text(struct lun_out *out, const struct lun_value *value);
void lun_value_json(struct lun_out *out, const struct lun_value *value);
double lun_value_double(const struct lun_value *value);
/* Orders numbers by size and texts by bytes; null first. */
int lun_value_compare(const struct lun_value *a, const struct lun_value *b);
