#include "bpf/decode/value.h"

#include <math.h>
#include <string.h>

#include "bpf/decode/resolve.h"
#include "text/json.h"

void lun_ctx_init(struct lun_ctx *ctx)
{
	lun_out_init(&ctx->scratch);
	ctx->resolver = NULL;
}

void lun_ctx_free(struct lun_ctx *ctx)
{
	lun_out_free(&ctx->scratch);
	lun_resolver_free(ctx->resolver);
	ctx->resolver = NULL;
}

void lun_value_text(struct lun_out *out, const struct lun_value *value)
{
	switch (value->kind) {
	case LUN_V_NULL:
		break;
	case LUN_V_BOOL:
		lun_out_str(out, value->b ? "true" : "false");
		break;
	case LUN_V_INT:
	case LUN_V_I64:
		lun_out_i64(out, value->i);
		break;
	case LUN_V_U64:
		lun_out_u64(out, value->u);
		break;
	case LUN_V_DOUBLE:
		lun_out_double(out, value->d);
		break;
	case LUN_V_STR:
		lun_out_mem(out, value->s, value->len);
		break;
	}
}

static void write_string(struct lun_out *out, const struct lun_value *value)
{
	char *p;

	if (!value->plain) {
		lun_json_str(out, value->s, value->len);
		return;
	}
	p = lun_out_reserve(out, value->len + 2);
	if (!p)
		return;
	*p++ = '"';
	memcpy(p, value->s, value->len);
	p[value->len] = '"';
	out->len += value->len + 2;
}

void lun_value_json(struct lun_out *out, const struct lun_value *value)
{
	switch (value->kind) {
	case LUN_V_NULL:
		lun_out_str(out, "null");
		break;
	case LUN_V_I64:
		lun_out_char(out, '"');
		lun_out_i64(out, value->i);
		lun_out_char(out, '"');
		break;
	case LUN_V_U64:
		lun_json_u64_str(out, value->u);
		break;
	case LUN_V_DOUBLE:
		lun_json_double(out, value->d);
		break;
	case LUN_V_STR:
		write_string(out, value);
		break;
	default:
		lun_value_text(out, value);
	}
}

double lun_value_double(const struct lun_value *value)
{
	switch (value->kind) {
	case LUN_V_BOOL:
		return value->b;
	case LUN_V_INT:
	case LUN_V_I64:
		return (double)value->i;
	case LUN_V_U64:
		return (double)value->u;
	case LUN_V_DOUBLE:
		return value->d;
	default:
		return NAN;
	}
}

static int compare_texts(const struct lun_value *a, const struct lun_value *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = len ? memcmp(a->s, b->s, len) : 0;

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int rank(const struct lun_value *v)
{
	return v->kind == LUN_V_NULL ? 0 : v->kind == LUN_V_STR ? 2 : 1;
}

static bool is_integer(const struct lun_value *v)
{
	return v->kind == LUN_V_INT || v->kind == LUN_V_I64 || v->kind == LUN_V_U64;
}

__extension__ typedef __int128 wide;

static wide integer(const struct lun_value *v)
{
	return v->kind == LUN_V_U64 ? (wide)v->u : (wide)v->i;
}

/* Compares exactly: most 64-bit integers have no equal double. */
static int compare_with_double(wide i, double d)
{
	const double beyond = 0x1p65;
	wide whole;

	if (d >= beyond || d <= -beyond)
		return d > 0 ? -1 : 1;
	whole = (wide)d;
	if (i != whole)
		return i > whole ? 1 : -1;
	return ((double)whole > d) - ((double)whole < d);
}

static int compare_numbers(const struct lun_value *a, const struct lun_value *b)
{
	double x, y;

	if (is_integer(a) && is_integer(b))
		return (integer(a) > integer(b)) - (integer(a) < integer(b));
	x = lun_value_double(a);
	y = lun_value_double(b);
	if (is_integer(a) && !isnan(y))
		return compare_with_double(integer(a), y);
	if (is_integer(b) && !isnan(x))
		return -compare_with_double(integer(b), x);
	return (x > y) - (x < y);
}

int lun_value_compare(const struct lun_value *a, const struct lun_value *b)
{
	if (rank(a) != rank(b) || rank(a) == 0)
		return rank(a) - rank(b);
	return a->kind == LUN_V_STR ? compare_texts(a, b) : compare_numbers(a, b);
}
