#include "bpf/decode/order.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { WIDE = 16, INET_ADDRESS = 8, MAX_FIELD = 4 + 256 };

enum class {
	NUMBERS,       /* also booleans, pointers, ports */
	NAMED_NUMBERS, /* enums and flags: compared by number */
	WIDE_NUMBERS,
	ADDRESSES,
	DIGITS,
	NAMES, /* names that the system has for a number */
	TEXTS,
};

static enum class class_of(const struct lun_op *op) {
	switch (op->kind){
		case LUN_K_UINT : case LUN_K_INT : return op->size > 8 ? WIDE_NUMBERS : NUMBERS;
		case LUN_K_FLOAT : case LUN_K_BOOL : case LUN_K_BITS : case LUN_K_PTR : case
		LUN_K_PORT : case LUN_K_DURATION : return NUMBERS;
		case LUN_K_ENUM : case LUN_K_FLAGS : return NAMED_NUMBERS;
		case LUN_K_IPV4 : case LUN_K_IPV6 : case LUN_K_MAC : case LUN_K_INET : case
		LUN_K_LPM : return ADDRESSES;
		case LUN_K_BYTES : return DIGITS;
		case LUN_K_TIMESTAMP : case LUN_K_ERRNO : case LUN_K_SYSCALL : case LUN_K_DEV : case
		LUN_K_PID : case LUN_K_IFINDEX : case LUN_K_CGROUP : case LUN_K_KSYM : case
		LUN_K_PROG : case LUN_K_MAP : return NAMES;
		default : return TEXTS;
	}
}

uint32_t lun_order_bytes(const struct lun_op *op)
{
	switch (class_of(op)) {
	case NUMBERS:
	case NAMED_NUMBERS:
		return 0;
	case WIDE_NUMBERS:
		return 1 + WIDE;
	case ADDRESSES:
	case DIGITS:
		return op->size;
	default:
		if (op->kind == LUN_K_CHARS)
			return op->flags & LUN_OP_TEXT ? 2 * op->size : op->size;
		return UINT32_MAX;
	}
}

static void set_bytes(struct lun_value *value, const void *bytes, size_t len)
{
	value->kind = LUN_V_STR;
	value->s = bytes;
	value->len = len;
	value->plain = false;
}

static void set_scratch(struct lun_ctx *ctx, struct lun_value *value)
{
	set_bytes(value, ctx->scratch.data ? ctx->scratch.data : "", ctx->scratch.len);
}

/* Integers of any sign, up to 128 bits, as bytes in comparison order. */
static void order_wide(struct lun_ctx *ctx, const struct lun_integer *n, struct lun_value *value)
{
	lun_u128 v = n->negative ? -n->magnitude : n->magnitude;

	lun_out_reset(&ctx->scratch);
	lun_out_char(&ctx->scratch, n->negative && n->magnitude ? 0 : 1);
	for (int shift = 8 * WIDE - 8; shift >= 0; shift -= 8)
		lun_out_char(&ctx->scratch, (char)(v >> shift));
	set_scratch(ctx, value);
}

static void read_wide(const struct lun_op *op, const uint8_t *data, struct lun_integer *n)
{
	n->magnitude = 0;
	for (int i = 0; i < WIDE; i++)
		n->magnitude = n->magnitude << 8 | data[op->flags & LUN_OP_BE ? i : WIDE - 1 - i];
	n->negative = op->kind == LUN_K_INT && n->magnitude >> 127;
	if (n->negative)
		n->magnitude = -n->magnitude;
}

static void order_address(
	const struct lun_op *op, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	bool v6;

	switch (op->kind) {
	case LUN_K_LPM: /* the address, then the prefix length */
		lun_out_reset(&ctx->scratch);
		lun_out_mem(&ctx->scratch, data + 4, op->size - 4);
		for (int i = 3; i >= 0; i--)
			lun_out_char(&ctx->scratch, (char)data[i]);
		set_scratch(ctx, value);
		break;
	case LUN_K_INET: /* IPv4 before IPv6 */
		v6 = lun_load(data, INET_ADDRESS, false) == AF_INET6;
		lun_out_reset(&ctx->scratch);
		lun_out_char(&ctx->scratch, v6);
		lun_out_mem(&ctx->scratch, data + INET_ADDRESS, v6 ? 16 : 4);
		set_scratch(ctx, value);
		break;
	default:
		set_bytes(value, data, op->size);
	}
}

void lun_leaf_number(const struct lun_op *op, const uint8_t *data, struct lun_value *value)
{
	uint32_t bits = op->bit_size ? op->bit_size : op->size * 8;

	value->kind = LUN_V_U64;
	value->u = op->bit_size ? lun_load_bits(op, data)
				: lun_load(data, op->size, op->flags & LUN_OP_BE);
	if (op->kind != LUN_K_ERRNO && !(op->flags & LUN_OP_SIGNED))
		return;
	value->kind = LUN_V_I64;
	if (bits < 64)
		value->i = (int64_t)(value->u << (64 - bits)) >> (64 - bits);
}

void lun_leaf_order(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const uint8_t *data, struct lun_value *value)
{
	enum class class = class_of(op);
	struct lun_integer wide;

	if (class == TEXTS || class == NAMES || op->flags & (LUN_OP_IF_SET | LUN_OP_MIRRORED)) {
		lun_leaf(plan, op, ctx, data, value);
		return;
	}
	switch (class) {
	case WIDE_NUMBERS:
		read_wide(op, data, &wide);
		order_wide(ctx, &wide, value);
		break;
	case ADDRESSES:
		order_address(op, ctx, data, value);
		break;
	case DIGITS:
		set_bytes(value, data, op->size);
		break;
	case NAMED_NUMBERS:
		lun_leaf_number(op, data, value);
		break;
	default:
		if (op->kind == LUN_K_PTR)
			lun_leaf_number(op, data, value);
		else
			lun_leaf(plan, op, ctx, data, value);
		if (value->kind == LUN_V_BOOL)
			*value = (struct lun_value){ .kind = LUN_V_INT, .i = value->b };
	}
}

static int refuse(char *error, const char *why, const struct lun_value *in)
{
	struct lun_out text;

	lun_out_init(&text);
	lun_value_text(&text, in);
	snprintf(error, LUN_ENCODE_ERROR, "%s, not '%.*s'", why,
		(int)(text.len < 60 ? text.len : 60), text.data ? text.data : "");
	lun_out_free(&text);
	return -EINVAL;
}

static bool as_double(const struct lun_value *in, double *d)
{
	char text[64], *end;

	if (in->kind != LUN_V_STR) {
		*d = lun_value_double(in);
		return !isnan(*d);
	}
	if (!in->len || in->len >= sizeof(text) || memchr(in->s, 0, in->len))
		return false;
	memcpy(text, in->s, in->len);
	text[in->len] = '\0';
	*d = strtod(text, &end);
	return !*end && !isnan(*d);
}

bool lun_order_number(const struct lun_value *in, struct lun_value *number)
{
	struct lun_integer n;

	if (lun_integer_of(in, &n) && n.magnitude <= UINT64_MAX) {
		if (!n.negative) {
			*number =
				(struct lun_value){ .kind = LUN_V_U64, .u = (uint64_t)n.magnitude };
			return true;
		}
		if (n.magnitude <= (uint64_t)INT64_MAX + 1) {
			*number = (struct lun_value){ .kind = LUN_V_I64,
				.i = (int64_t)(0 - (uint64_t)n.magnitude) };
			return true;
		}
	}
	number->kind = LUN_V_DOUBLE;
	return as_double(in, &number->d);
}

/* Compares by the bytes of the encoded value. */
static int by_encoding(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const struct lun_value *in, struct lun_value *wanted, char *error)
{
	uint8_t bytes[MAX_FIELD] = { 0 };
	int err;

	if (op->size > sizeof(bytes))
		return refuse(error, "is too large to compare", in);
	err = lun_leaf_encode(plan, op, in, bytes, error);
	if (err)
		return err;
	lun_leaf_order(plan, op, ctx, bytes, wanted);
	if (wanted->kind != LUN_V_STR || wanted->s != (const char *)bytes)
		return 0;
	lun_out_reset(&ctx->scratch); /* the encoded bytes are copied */
	lun_out_mem(&ctx->scratch, wanted->s, wanted->len);
	set_scratch(ctx, wanted);
	return ctx->scratch.err;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes from any number of hex digits: "0a1b". */
static int wanted_digits(struct lun_ctx *ctx, struct lun_value *wanted, char *error)
{
	struct lun_out text;
	bool good;

	lun_out_init(&text);
	lun_value_text(&text, wanted);
	good = text.len % 2 == 0;
	lun_out_reset(&ctx->scratch);
	for (size_t i = 0; good && i < text.len; i += 2) {
		int high = hex_digit(text.data[i]), low = hex_digit(text.data[i + 1]);

		good = high >= 0 && low >= 0;
		lun_out_char(&ctx->scratch, (char)((unsigned int)high << 4 | (unsigned int)low));
	}
	lun_out_free(&text);
	if (!good)
		return refuse(error, "holds bytes in hex", wanted);
	set_scratch(ctx, wanted);
	return ctx->scratch.err;
}

static int wanted_wide(
	const struct lun_value *in, struct lun_ctx *ctx, struct lun_value *wanted, char *error)
{
	struct lun_integer n;

	if (!lun_integer_of(in, &n))
		return refuse(error, "holds whole numbers", in);
	order_wide(ctx, &n, wanted);
	return ctx->scratch.err;
}

/* Bytes that are no text are shown as lower-case hex. */
static void wanted_text(const struct lun_op *op, struct lun_ctx *ctx, struct lun_value *wanted)
{
	lun_out_reset(&ctx->scratch);
	lun_value_text(&ctx->scratch, wanted);
	if (op->kind == LUN_K_CHARS && op->flags & LUN_OP_TEXT &&
		ctx->scratch.len == 2 * (size_t)op->size) {
		for (size_t i = 0; i < ctx->scratch.len; i++) {
			if (hex_digit(ctx->scratch.data[i]) >= 10)
				ctx->scratch.data[i] |= 0x20;
		}
	}
	set_scratch(ctx, wanted);
}

int lun_order_wanted(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const struct lun_value *in, struct lun_value *wanted, enum lun_compare *by, char *error)
{
	*by = LUN_BY_ORDER;
	*wanted = *in;
	switch (class_of(op)) {
	case NUMBERS:
		if (op->kind == LUN_K_BOOL && in->kind == LUN_V_STR &&
			!lun_order_number(in, wanted))
			return by_encoding(plan, op, ctx, in, wanted, error);
		return lun_order_number(in, wanted) ? 0 : refuse(error, "holds numbers", in);
	case NAMED_NUMBERS:
		return lun_order_number(in, wanted) ? 0
						    : by_encoding(plan, op, ctx, in, wanted, error);
	case WIDE_NUMBERS:
		return wanted_wide(in, ctx, wanted, error);
	case ADDRESSES:
		return by_encoding(plan, op, ctx, in, wanted, error);
	case DIGITS:
		return wanted_digits(ctx, wanted, error);
	case NAMES:
		*by = lun_order_number(in, wanted) ? LUN_BY_NUMBER : LUN_BY_TEXT;
		if (*by == LUN_BY_NUMBER)
			return 0;
		break;
	case TEXTS:
		*by = op->kind == LUN_K_FUNC ? LUN_BY_MADE : LUN_BY_TEXT;
	}
	*wanted = *in;
	wanted_text(op, ctx, wanted);
	return ctx->scratch.err;
}
