/* Decodes one leaf: its bytes to a value, of one CPU or of all CPUs merged. */
#include "bpf/decode/value.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/decode/resolve.h"
#include "text/json.h"
#include "text/monotonic.h"

uint64_t lun_load(const uint8_t *data, uint32_t size, bool be)
{
	uint64_t v = 0;

	if (size > 8)
		size = 8;
	if (!be) {
		memcpy(&v, data, size); /* assumes a little-endian machine */
		return v;
	}
	for (uint32_t i = 0; i < size; i++)
		v = v << 8 | data[i];
	return v;
}

static int64_t extend(uint64_t v, unsigned int bits)
{
	unsigned int shift = 64 - bits;

	return bits >= 64 ? (int64_t)v : (int64_t)(v << shift) >> shift;
}

uint64_t lun_load_bits(const struct lun_op *op, const uint8_t *data)
{
	bool be = op->flags & LUN_OP_BE;
	uint64_t v = lun_load(data, op->size, be) >> op->bit_offset;

	if (op->size > 8 && op->bit_offset) /* the field lies across nine bytes */
		v |= (uint64_t)data[8] << (64 - op->bit_offset);
	return op->bit_size < 64 ? v & ((UINT64_C(1) << op->bit_size) - 1) : v;
}

static void set_u64(struct lun_value *value, uint64_t v, uint32_t size)
{
	value->kind = size > 4 ? LUN_V_U64 : LUN_V_INT;
	value->u = v;
}

static void set_i64(struct lun_value *value, int64_t v, uint32_t size)
{
	value->kind = size > 4 ? LUN_V_I64 : LUN_V_INT;
	value->i = v;
}

static void set_scratch(struct lun_value *value, struct lun_ctx *ctx)
{
	value->kind = LUN_V_STR;
	value->s = ctx->scratch.data ? ctx->scratch.data : "";
	value->len = ctx->scratch.len;
	value->plain = false;
}

/* Sets a text of digits, letters and the like, which JSON needs no escapes for. */
static void set_plain(struct lun_value *value, struct lun_ctx *ctx)
{
	set_scratch(value, ctx);
	value->plain = true;
}

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

static void u128_text(struct lun_out *out, u128 v)
{
	const uint64_t big = 10000000000000000000ULL; /* 10^19 */

	if (v < big) {
		lun_out_u64(out, (uint64_t)v);
		return;
	}
	u128_text(out, v / big);
	lun_out_printf(out, "%019llu", (unsigned long long)(v % big));
}

static u128 load_wide(const struct lun_op *op, const uint8_t *data)
{
	u128 v = 0;

	for (int i = 0; i < 16; i++)
		v = v << 8 | data[op->flags & LUN_OP_BE ? i : 15 - i];
	return v;
}

static void store_wide(const struct lun_op *op, u128 v, uint8_t *data)
{
	for (int i = 0; i < 16; i++)
		data[op->flags & LUN_OP_BE ? 15 - i : i] = (uint8_t)(v >> 8 * i);
}

static void leaf_uint(
	const struct lun_op *op, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	u128 v;

	if (op->size <= 8) {
		set_u64(value, lun_load(data, op->size, op->flags & LUN_OP_BE), op->size);
		return;
	}
	v = load_wide(op, data);
	if (op->kind == LUN_K_INT && (i128)v < 0) {
		lun_out_char(&ctx->scratch, '-');
		v = -v;
	}
	u128_text(&ctx->scratch, v);
	set_scratch(value, ctx);
}

static void leaf_int(
	const struct lun_op *op, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	int64_t v;

	if (op->size > 8) {
		leaf_uint(op, ctx, data, value);
		return;
	}
	v = extend(lun_load(data, op->size, op->flags & LUN_OP_BE), op->size * 8);
	if (op->flags & LUN_OP_MIRRORED)
		v = (int64_t)(UINT32_MAX - (uint64_t)v);
	set_i64(value, v, op->size);
}

static void leaf_float(const struct lun_op *op, const uint8_t *data, struct lun_value *value)
{
	uint64_t bits = lun_load(data, op->size, op->flags & LUN_OP_BE);
	uint32_t narrow = (uint32_t)bits;
	long double wide = 0;
	float f;

	value->kind = LUN_V_DOUBLE;
	if (op->size == 4) {
		memcpy(&f, &narrow, sizeof(f));
		value->d = (double)f;
	} else if (op->size == 8) {
		memcpy(&value->d, &bits, sizeof(value->d));
	} else {
		memcpy(&wide, data, sizeof(wide) < 16 ? sizeof(wide) : 16);
		value->d = (double)wide;
	}
}

static void leaf_bits(const struct lun_op *op, const uint8_t *data, struct lun_value *value)
{
	uint64_t v = lun_load_bits(op, data);
	uint32_t bytes = op->bit_size > 32 ? 8 : 4;

	if (op->flags & LUN_OP_SIGNED)
		set_i64(value, extend(v, op->bit_size), bytes);
	else
		set_u64(value, v, bytes);
}

/* The number of an enum, in the width and sign of its table. */
static int64_t enum_number(const struct lun_op *op, const uint8_t *data)
{
	uint64_t v;

	if (op->bit_size) {
		v = lun_load_bits(op, data);
		return op->flags & LUN_OP_SIGNED ? extend(v, op->bit_size) : (int64_t)v;
	}
	v = lun_load(data, op->size, op->flags & LUN_OP_BE);
	return op->flags & LUN_OP_SIGNED ? extend(v, op->size * 8) : (int64_t)v;
}

static const char *enum_name(const struct lun_plan *plan, const struct lun_op *op, int64_t v)
{
	const struct lun_plan_enum *e = &plan->enums[op->arg];
	uint32_t low = e->first, high = e->first + e->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (plan->items[mid].value == v)
			return lun_plan_str(plan, plan->items[mid].name);
		if (plan->items[mid].value < v)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static void set_str(struct lun_value *value, const char *s)
{
	value->kind = LUN_V_STR;
	value->s = s;
	value->len = strlen(s);
	value->plain = false;
}

static void leaf_enum(const struct lun_plan *plan, const struct lun_op *op, const uint8_t *data,
	struct lun_value *value)
{
	int64_t v = enum_number(op, data);
	const char *name = enum_name(plan, op, v);

	if (name)
		set_str(value, name);
	else if (op->flags & LUN_OP_SIGNED)
		set_i64(value, v, op->size);
	else
		set_u64(value, (uint64_t)v, op->size);
}

/* Writes "A|B|0x40": bits without a name as a number; no bits as "0" when 0 has no name. */
static void leaf_flags(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const uint8_t *data, struct lun_value *value)
{
	const struct lun_plan_enum *e = &plan->enums[op->arg];
	uint64_t left = (uint64_t)enum_number(op, data);
	const char *whole = enum_name(plan, op, (int64_t)left);

	for (uint32_t i = e->first; !whole && i < e->first + e->count; i++) {
		uint64_t bit = (uint64_t)plan->items[i].value;

		if (!bit || (left & bit) != bit)
			continue;
		left &= ~bit;
		lun_out_printf(&ctx->scratch, "%s%s", ctx->scratch.len ? "|" : "",
			lun_plan_str(plan, plan->items[i].name));
	}
	if (whole)
		lun_out_str(&ctx->scratch, whole);
	else if (left)
		lun_out_printf(&ctx->scratch, "%s0x%llx", ctx->scratch.len ? "|" : "",
			(unsigned long long)left);
	else if (!ctx->scratch.len)
		lun_out_char(&ctx->scratch, '0');
	set_scratch(value, ctx);
}

static size_t padded_length(const char *s, size_t len)
{
	while (len && !s[len - 1])
		len--;
	return len;
}

static bool all_nul(const uint8_t *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

/* True for characters of ASCII that JSON needs no escape for. */
static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* The length of the UTF-8 character at p; 0 when it can't be a part of a text. */
static size_t character(const uint8_t *p, size_t len)
{
	if (*p < 0x80)
		return *p == '\t' || *p == '\n' || *p == '\r' || (*p >= 0x20 && *p != 0x7f);
	if (len > 1 && p[0] == 0xc2 && p[1] < 0xa0) /* control characters */
		return 0;
	return lun_utf8_len((const char *)p, len);
}

/* True when the bytes are UTF-8 that a terminal can show, with NULs only at the end. */
static bool text_of(const uint8_t *data, uint32_t size, struct lun_value *value)
{
	size_t len = strnlen((const char *)data, size), i = 0, n;

	value->kind = LUN_V_STR;
	value->s = (const char *)data;
	value->len = len;
	value->plain = true;
	if (!all_nul(data + len, size - len))
		return false;
	while (i < len) {
		n = is_plain(data[i]);
		if (!n) {
			n = character(data + i, len - i);
			value->plain = false;
		}
		if (!n)
			return false;
		i += n;
	}
	return true;
}

/* Shows a text, or all bytes in hex when they are no text, so that different keys always look
 * different. */
static void leaf_text(
	const struct lun_op *op, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	if (text_of(data, op->size, value))
		return;
	lun_out_hex(&ctx->scratch, data, op->size);
	set_plain(value, ctx);
}

static void leaf_chars(
	const struct lun_op *op, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	if (op->flags & LUN_OP_TEXT) {
		leaf_text(op, ctx, data, value);
		return;
	}
	value->kind = LUN_V_STR;
	value->s = (const char *)data;
	value->len = op->flags & LUN_OP_PADDED ? padded_length(value->s, op->size)
					       : strnlen(value->s, op->size);
	value->plain = false;
}

static void leaf_address(
	int family, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(family, data, text, sizeof(text));
	lun_out_str(&ctx->scratch, text);
	set_plain(value, ctx);
}

static void leaf_mac(struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	for (int i = 0; i < 6; i++)
		lun_out_printf(&ctx->scratch, "%s%02x", i ? ":" : "", data[i]);
	set_plain(value, ctx);
}

/* Shows IPv4 and IPv6 as CIDR, other prefixes as bytes: "0a00/8". */
static void leaf_lpm(
	const struct lun_op *op, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	uint32_t bits = (uint32_t)lun_load(data, 4, false), size = op->size - 4;

	if (size == 4 || size == 16)
		leaf_address(size == 4 ? AF_INET : AF_INET6, ctx, data + 4, value);
	else
		lun_out_hex(&ctx->scratch, data + 4, size);
	lun_out_printf(&ctx->scratch, "/%u", bits);
	set_scratch(value, ctx);
}

/* Nanoseconds from the boot's clock to that of the day. Two readings differ by the time between
 * the calls: the first is kept until the day's clock is set, so that equal values look equal. */
static int64_t boot_offset(void)
{
	static _Atomic int64_t kept;
	const int64_t set = INT64_C(100000000); /* 0.1 s: more than a clock drifts unnoticed */
	int64_t now = (int64_t)(lun_clock_ns(CLOCK_REALTIME) - lun_clock_ns(CLOCK_BOOTTIME));
	int64_t before = kept;

	if (now - before < set && before - now < set)
		return before;
	kept = now;
	return now;
}

/* Shows an address of a process as its symbol. */
static void leaf_usym(struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	uint64_t address = lun_load(data, 8, false);

	if (!lun_resolve_usym(ctx, (uint32_t)lun_load(data + 8, 8, false), address, &ctx->scratch))
		lun_out_printf(&ctx->scratch, "0x%llx", (unsigned long long)address);
	set_scratch(value, ctx);
}

/* Shows a user stack. A negative id is the errno with which the stack could not be taken. */
static void leaf_ustack(
	const struct lun_op *op, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	uint32_t id = (uint32_t)lun_load(data, 4, false);

	if ((int32_t)id >= 0 &&
		!lun_resolve_ustack(
			ctx, op->arg, (uint32_t)lun_load(data + 4, 4, false), id, &ctx->scratch))
		lun_out_u64(&ctx->scratch, id);
	set_scratch(value, ctx);
}

/* Shows nanoseconds since boot as a time in UTC: "2026-01-31T12:00:00.000000000Z". */
static void leaf_timestamp(struct lun_ctx *ctx, uint64_t ns, struct lun_value *value)
{
	int64_t at = (int64_t)ns + boot_offset();
	time_t seconds = (time_t)(at / INT64_C(1000000000));
	struct tm tm;
	char text[40];

	if (!gmtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm)) {
		set_u64(value, ns, 8);
		return;
	}
	lun_out_printf(&ctx->scratch, "%s.%09lldZ", text,
		(long long)((at % INT64_C(1000000000) + INT64_C(1000000000)) %
			INT64_C(1000000000)));
	set_scratch(value, ctx);
}

static void leaf_dev(struct lun_ctx *ctx, uint64_t dev, struct lun_value *value)
{
	unsigned int major = (unsigned int)(dev >> 20), minor = (unsigned int)(dev & 0xfffff);

	lun_out_printf(&ctx->scratch, "%u:%u", major, minor);
	lun_resolve(ctx, LUN_K_DEV, dev, &ctx->scratch);
	set_scratch(value, ctx);
}

static void leaf_pointer(struct lun_ctx *ctx, uint64_t v, struct lun_value *value)
{
	lun_out_printf(&ctx->scratch, "0x%llx", (unsigned long long)v);
	set_plain(value, ctx);
}

/* Shows the system's name for a number; the number itself when it has no name. */
static void leaf_named(
	const struct lun_op *op, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	uint64_t v = lun_load(data, op->size, op->flags & LUN_OP_BE);
	bool found = op->kind == LUN_K_STACK ? lun_resolve_stack(ctx, op->arg, v, &ctx->scratch)
					     : lun_resolve(ctx, op->kind, v, &ctx->scratch);

	if (found)
		set_scratch(value, ctx);
	else if (op->kind == LUN_K_KSYM)
		leaf_pointer(ctx, v, value);
	else
		set_u64(value, v, op->size);
}

static void leaf_errno(
	const struct lun_op *op, struct lun_ctx *ctx, const uint8_t *data, struct lun_value *value)
{
	int64_t v = extend(lun_load(data, op->size, op->flags & LUN_OP_BE), op->size * 8);
	const char *name = v > -4096 && v < 4096 ? strerrorname_np((int)(v < 0 ? -v : v)) : NULL;

	(void)ctx;
	if (name && v)
		set_str(value, name);
	else
		set_i64(value, v, op->size);
}

static uint64_t op_u64(const struct lun_op *op, const uint8_t *data)
{
	return lun_load(data, op->size, op->flags & LUN_OP_BE);
}

static bool has_bytes(const uint8_t *p, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		if (p[i])
			return true;
	}
	return false;
}

void lun_leaf(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const uint8_t *data, struct lun_value *value)
{
	lun_out_reset(&ctx->scratch);
	if (op->flags & LUN_OP_IF_SET && !has_bytes(data + op->size, sizeof(uint64_t))) {
		value->kind = LUN_V_NULL;
		return;
	}
	switch (op->kind) {
	case LUN_K_UINT:
		leaf_uint(op, ctx, data, value);
		break;
	case LUN_K_INT:
		leaf_int(op, ctx, data, value);
		break;
	case LUN_K_DURATION:
	case LUN_K_PORT:
		set_u64(value, op_u64(op, data), op->size);
		break;
	case LUN_K_FLOAT:
		leaf_float(op, data, value);
		break;
	case LUN_K_BOOL:
		value->kind = LUN_V_BOOL;
		value->b = op->bit_size ? lun_load_bits(op, data) : op_u64(op, data);
		break;
	case LUN_K_BITS:
		leaf_bits(op, data, value);
		break;
	case LUN_K_ENUM:
		leaf_enum(plan, op, data, value);
		break;
	case LUN_K_FLAGS:
		leaf_flags(plan, op, ctx, data, value);
		break;
	case LUN_K_CHARS:
		leaf_chars(op, ctx, data, value);
		break;
	case LUN_K_BYTES:
		lun_out_hex(&ctx->scratch, data, op->size);
		set_plain(value, ctx);
		break;
	case LUN_K_PTR:
		leaf_pointer(ctx, op_u64(op, data), value);
		break;
	case LUN_K_IPV4:
		leaf_address(AF_INET, ctx, data, value);
		break;
	case LUN_K_IPV6:
		leaf_address(AF_INET6, ctx, data, value);
		break;
	case LUN_K_INET:
		leaf_address(lun_load(data, 8, false) == AF_INET6 ? AF_INET6 : AF_INET, ctx,
			data + 8, value);
		break;
	case LUN_K_MAC:
		leaf_mac(ctx, data, value);
		break;
	case LUN_K_LPM:
		leaf_lpm(op, ctx, data, value);
		break;
	case LUN_K_TIMESTAMP:
		leaf_timestamp(ctx, op_u64(op, data), value);
		break;
	case LUN_K_ERRNO:
		leaf_errno(op, ctx, data, value);
		break;
	case LUN_K_DEV:
		leaf_dev(ctx, op_u64(op, data), value);
		break;
	case LUN_K_USYM:
		leaf_usym(ctx, data, value);
		break;
	case LUN_K_USTACK:
		leaf_ustack(op, ctx, data, value);
		break;
	case LUN_K_BUILD_ID:
		lun_resolve_build_id(ctx, data, &ctx->scratch);
		set_scratch(value, ctx);
		break;
	case LUN_K_SYSCALL:
	case LUN_K_PID:
	case LUN_K_IFINDEX:
	case LUN_K_CGROUP:
	case LUN_K_KSYM:
	case LUN_K_STACK:
	case LUN_K_PROG:
	case LUN_K_MAP:
		leaf_named(op, ctx, data, value);
		break;
	default:
		value->kind = LUN_V_NULL;
	}
}

bool lun_leaf_adds_up(const struct lun_op *op, uint8_t reduce)
{
	bool number = op->kind == LUN_K_UINT || op->kind == LUN_K_INT || op->kind == LUN_K_FLOAT ||
		op->kind == LUN_K_DURATION || op->kind == LUN_K_BITS;
	bool adds = reduce == LUN_SUM || reduce == LUN_AVG || reduce == LUN_EACH_CPU;

	return number && op->size <= 9 && !(adds && op->flags & LUN_OP_ID);
}

/* Adds a value. An integer sum stops at the limits of 64 bits; it never wraps. */
static void add_value(struct lun_value *sum, const struct lun_value *v)
{
	if (sum->kind == LUN_V_DOUBLE)
		sum->d += v->d;
	else if (sum->kind == LUN_V_U64 && __builtin_add_overflow(sum->u, v->u, &sum->u))
		sum->u = UINT64_MAX;
	else if (sum->kind != LUN_V_U64 && __builtin_add_overflow(sum->i, v->i, &sum->i))
		sum->i = v->i < 0 ? INT64_MIN : INT64_MAX;
}

static void combine(uint8_t reduce, struct lun_value *sum, const struct lun_value *v)
{
	int order = lun_value_compare(v, sum);

	if (reduce == LUN_MIN ? order < 0 : reduce == LUN_MAX ? order > 0 : reduce == LUN_LAST)
		*sum = *v;
	else if (reduce == LUN_SUM || reduce == LUN_AVG)
		add_value(sum, v);
}

static bool is_wide(const struct lun_op *op)
{
	return (op->kind == LUN_K_UINT || op->kind == LUN_K_INT) && op->size == 16;
}

static u128 add_wide(bool is_signed, u128 a, u128 b)
{
	const u128 top = ~(u128)0;
	u128 sum;
	i128 signed_sum;

	if (!is_signed)
		return __builtin_add_overflow(a, b, &sum) ? top : sum;
	if (!__builtin_add_overflow((i128)a, (i128)b, &signed_sum))
		return (u128)signed_sum;
	return (i128)b < 0 ? ~(top >> 1) : top >> 1;
}

static u128 combine_wide(bool is_signed, uint8_t reduce, u128 a, u128 b)
{
	bool less = is_signed ? (i128)b < (i128)a : b < a;

	switch (reduce) {
	case LUN_MIN:
		return less ? b : a;
	case LUN_MAX:
		return less ? a : b;
	case LUN_LAST:
		return b;
	case LUN_EACH_CPU:
		return a;
	default:
		return add_wide(is_signed, a, b);
	}
}

/* The CPUs' 128-bit integers as one, in ctx->wide. */
static const uint8_t *reduced_wide(const struct lun_op *op, struct lun_ctx *ctx,
	const struct lun_bytes *bytes, uint32_t offset, uint8_t reduce)
{
	const uint8_t *data = bytes->data + offset;
	bool is_signed = op->kind == LUN_K_INT;
	u128 v = load_wide(op, data);

	for (uint32_t cpu = 1; cpu < bytes->cpus; cpu++) {
		data += bytes->stride;
		v = combine_wide(is_signed, reduce, v, load_wide(op, data));
	}
	if (reduce == LUN_AVG)
		v = is_signed ? (u128)((i128)v / (i128)bytes->cpus) : v / bytes->cpus;
	store_wide(op, v, ctx->wide);
	return ctx->wide;
}

static bool agree(const struct lun_op *op, const uint8_t *a, const uint8_t *b)
{
	bool ends_early = op->kind == LUN_K_CHARS && !(op->flags & (LUN_OP_TEXT | LUN_OP_PADDED));

	if (ends_early)
		return !strncmp((const char *)a, (const char *)b, op->size);
	return !memcmp(a, b, op->size);
}

const uint8_t *lun_leaf_agreed(const struct lun_op *op, struct lun_ctx *ctx,
	const struct lun_bytes *bytes, uint32_t offset, uint8_t reduce)
{
	const uint8_t *found = NULL;

	if (is_wide(op) && !(op->flags & LUN_OP_ID))
		return reduced_wide(op, ctx, bytes, offset, reduce);
	for (uint32_t cpu = 0; cpu < bytes->cpus; cpu++) {
		const uint8_t *p = bytes->data + (size_t)cpu * bytes->stride + offset;

		if (!has_bytes(p, op->size))
			continue;
		if (found && !agree(op, found, p))
			return NULL;
		found = p;
	}
	return found ? found : bytes->data + offset;
}

static void leaf_of_cpu(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const uint8_t *data, uint8_t reduce, struct lun_value *value)
{
	lun_leaf(plan, op, ctx, data, value);
	if (reduce == LUN_AVG && value->kind != LUN_V_NULL) {
		value->d = lun_value_double(value);
		value->kind = LUN_V_DOUBLE;
	}
}

void lun_leaf_reduced(const struct lun_plan *plan, const struct lun_op *op, struct lun_ctx *ctx,
	const struct lun_bytes *bytes, uint32_t offset, uint8_t reduce, struct lun_value *value)
{
	const uint8_t *data = bytes->data + offset, *agreed;
	struct lun_value v;

	if (op->reduce)
		reduce = op->reduce;
	if (!lun_leaf_adds_up(op, reduce)) {
		agreed = lun_leaf_agreed(op, ctx, bytes, offset, reduce);
		value->kind = LUN_V_NULL;
		if (agreed)
			lun_leaf(plan, op, ctx, agreed, value);
		return;
	}
	if (op->flags & LUN_OP_MOMENT && (reduce == LUN_SUM || reduce == LUN_AVG))
		reduce = LUN_MAX;
	leaf_of_cpu(plan, op, ctx, data, reduce, value);
	for (uint32_t cpu = 1; cpu < bytes->cpus; cpu++) {
		data += bytes->stride;
		leaf_of_cpu(plan, op, ctx, data, reduce, &v);
		if (value->kind == LUN_V_NULL)
			*value = v;
		else if (v.kind != LUN_V_NULL)
			combine(reduce, value, &v);
	}
	if (reduce == LUN_AVG && value->kind != LUN_V_NULL)
		value->d /= bytes->cpus;
}
