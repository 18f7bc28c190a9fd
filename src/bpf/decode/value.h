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

/* The state of decoding; belongs to one thread at a time. */
struct lun_ctx {
	struct lun_out scratch;
	struct lun_resolver *resolver; /* caches of looked-up names; made when first needed */
	uint8_t wide[16];              /* the CPUs' 128-bit integers as one */
};

void lun_ctx_init(struct lun_ctx *ctx);
void lun_ctx_free(struct lun_ctx *ctx);

/* The bytes of one key, or of the values of all CPUs. */
struct lun_bytes {
	const uint8_t *data;
	uint32_t cpus;
	uint32_t stride;
};

/* Decodes the leaf at data; never fails: a value without a name becomes its number. */
void lun_leaf(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const uint8_t *data, struct lun_value *value);
/* Whether the CPUs' values can be made one number by `reduce`. */
bool lun_leaf_adds_up(const struct lun_op *op, uint8_t reduce);
/* For values that lun_leaf_adds_up() refuses, the bytes of one value. 128-bit integers: their
 * `reduce`, in ctx->wide (a sum stops at the limits of 128 bits, an average is a whole number).
 * Others: the bytes on which all CPUs with non-zero bytes agree (all zero: the first CPU's); NULL
 * when they differ. */
const uint8_t *lun_leaf_agreed(const struct lun_op *op, struct lun_ctx *ctx,
	const struct lun_bytes *bytes, uint32_t offset, uint8_t reduce);
/* Decodes the leaf over all CPUs, combined by `reduce` (or by the operation's own). `offset` counts
 * from the start of a CPU's value. Sums of integers saturate at 64 bits, those of 128-bit integers
 * at 128. Values that don't add up and differ give null. */
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
