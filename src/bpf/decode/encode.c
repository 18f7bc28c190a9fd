#include "bpf/decode/encode.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/decode/ksyms.h"
#include "bpf/decode/syscall_names.h"
#include "bpf/host/cgroup_tree.h"

/* From 2^53 on doubles can't hold every whole number. */
#define EXACT 9007199254740992.0

enum { MAX_NAME = 4096, MAX_SYSCALL = 1024 };

struct encoding {
	const struct lun_plan *plan;
	const struct lun_op *op;
	uint8_t *data;
	char *error;
};

__attribute__((format(printf, 2, 3))) static int refuse(
	const struct encoding *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->error, LUN_ENCODE_ERROR, fmt, args);
	va_end(args);
	return -EINVAL;
}

/* The text of a value, for messages and parsers; cut when it is longer than any field's text. */
static void text_of(const struct lun_value *in, char *text, size_t size)
{
	struct lun_out out;

	lun_out_init(&out);
	lun_value_text(&out, in);
	snprintf(text, size, "%.*s", (int)out.len, out.data ? out.data : "");
	lun_out_free(&out);
}

static bool parse_digits(const char *s, struct lun_integer *n)
{
	unsigned int base = 10, digit;

	n->negative = *s == '-';
	s += *s == '-' || *s == '+';
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		base = 16;
		s += 2;
	}
	if (!*s)
		return false;
	for (n->magnitude = 0; *s; s++) {
		digit = *s >= '0' && *s <= '9'                 ? (unsigned int)(*s - '0')
			: base == 16 && *s >= 'a' && *s <= 'f' ? (unsigned int)(*s - 'a' + 10)
			: base == 16 && *s >= 'A' && *s <= 'F' ? (unsigned int)(*s - 'A' + 10)
							       : base;
		if (digit >= base || n->magnitude > ((lun_u128)-1 - digit) / base)
			return false;
		n->magnitude = n->magnitude * base + digit;
	}
	return true;
}

bool lun_integer_of(const struct lun_value *in, struct lun_integer *n)
{
	char text[64];

	switch (in->kind) {
	case LUN_V_INT:
	case LUN_V_I64:
		n->negative = in->i < 0;
		n->magnitude = in->i < 0 ? 0 - (uint64_t)in->i : (uint64_t)in->i;
		return true;
	case LUN_V_DOUBLE:
		n->negative = in->d < 0;
		if (in->d != trunc(in->d) || fabs(in->d) > EXACT)
			return false;
		n->magnitude = (lun_u128)fabs(in->d);
		return true;
	case LUN_V_BOOL:
		*n = (struct lun_integer){ in->b, false };
		return true;
	case LUN_V_STR:
		if (in->len >= sizeof(text) || memchr(in->s, 0, in->len))
			return false;
		text_of(in, text, sizeof(text));
		return parse_digits(text, n);
	default:
		return false;
	}
}

static bool fits(const struct lun_integer *n, unsigned int bits, bool is_signed)
{
	lun_u128 limit = (lun_u128)1 << (bits - 1);

	if (!is_signed)
		return (!n->negative || !n->magnitude) &&
			(bits >= 128 || n->magnitude < (lun_u128)1 << bits);
	return n->negative ? n->magnitude <= limit : n->magnitude < limit;
}

static void put(uint8_t *data, uint32_t size, bool be, lun_u128 v)
{
	for (uint32_t i = 0; i < size; i++) {
		data[be ? size - 1 - i : i] = (uint8_t)v;
		v >>= 8;
	}
}

static lun_u128 two_complement(const struct lun_integer *n)
{
	return n->negative ? (lun_u128)0 - n->magnitude : n->magnitude;
}

static int refuse_number(const struct encoding *e, const struct lun_integer *n, bool is_signed)
{
	unsigned int bits = e->op->bit_size ? e->op->bit_size : e->op->size * 8;
	const char *type = lun_op_type_name(e->op);
	uint64_t most;

	if (!is_signed && n->negative)
		return refuse(e, "a number below zero does not fit %s", type);
	if (bits > 64)
		return refuse(e, "the number does not fit %s (%u bits)", type, bits);
	most = is_signed ? ((uint64_t)1 << (bits - 1)) - 1 : UINT64_MAX >> (64 - bits);
	if (is_signed)
		return refuse(e, "the number does not fit %s: %lld to %lld", type,
			-(long long)most - 1, (long long)most);
	return refuse(e, "the number does not fit %s: 0 to %llu", type, (unsigned long long)most);
}

static int put_number(const struct encoding *e, const struct lun_integer *n, bool is_signed)
{
	const struct lun_op *op = e->op;
	lun_u128 v = two_complement(n);

	if (!fits(n, op->size * 8, is_signed))
		return refuse_number(e, n, is_signed);
	if (op->flags & LUN_OP_MIRRORED)
		v = (lun_u128)UINT32_MAX - v;
	put(e->data, op->size, op->flags & LUN_OP_BE, v);
	return 0;
}

/* Sets the bits of the field and keeps the neighbouring bits. */
static int put_bits(const struct encoding *e, const struct lun_integer *n, bool is_signed)
{
	const struct lun_op *op = e->op;
	lun_u128 mask = ((lun_u128)1 << op->bit_size) - 1, all = 0;
	bool be = op->flags & LUN_OP_BE;

	if (!fits(n, op->bit_size, is_signed))
		return refuse_number(e, n, is_signed);
	for (uint32_t i = 0; i < op->size; i++)
		all = all << 8 | e->data[be ? i : op->size - 1 - i];
	all &= ~(mask << op->bit_offset);
	all |= (two_complement(n) & mask) << op->bit_offset;
	put(e->data, op->size, be, all);
	return 0;
}

static int put_integer(const struct encoding *e, const struct lun_integer *n, bool is_signed)
{
	return e->op->bit_size ? put_bits(e, n, is_signed) : put_number(e, n, is_signed);
}

/* Why the text of this kind is not read back. */
static const char *not_read_back(uint8_t kind)
{
	switch (kind) {
	case LUN_K_ERRNO:
		return "needs a whole number: the name of an error stands for 2 and for -2 alike";
	case LUN_K_TIMESTAMP:
		return "needs nanoseconds since boot: a date depends on the clock, which is "
		       "adjusted";
	case LUN_K_STACK:
		return "needs the stack's id: the frames that are shown don't tell it";
	default:
		return "needs a whole number";
	}
}

static int encode_integer(const struct encoding *e, const struct lun_value *in, bool is_signed)
{
	struct lun_integer n;

	if (in->kind == LUN_V_DOUBLE && fabs(in->d) > EXACT)
		return refuse(e, "a float beyond 2^53 is not exact: give the digits as text");
	if (!lun_integer_of(in, &n))
		return refuse(e, "%s", not_read_back(e->op->kind));
	return put_integer(e, &n, is_signed);
}

static bool item_value(const struct encoding *e, const char *name, size_t len, int64_t *value)
{
	const struct lun_plan_enum *table = &e->plan->enums[e->op->arg];

	for (uint32_t i = table->first; i < table->first + table->count; i++) {
		const char *have = lun_plan_str(e->plan, e->plan->items[i].name);

		if (have && strlen(have) == len && !memcmp(have, name, len)) {
			*value = e->plan->items[i].value;
			return true;
		}
	}
	return false;
}

static struct lun_integer signed_number(int64_t v)
{
	return (struct lun_integer){ v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0 };
}

static int encode_enum(const struct encoding *e, const struct lun_value *in)
{
	bool is_signed = e->op->flags & LUN_OP_SIGNED;
	struct lun_integer n;
	int64_t value;

	if (in->kind == LUN_V_STR && item_value(e, in->s, in->len, &value)) {
		n = is_signed ? signed_number(value)
			      : (struct lun_integer){ (uint64_t)value, false };
		return put_integer(e, &n, is_signed);
	}
	if (!lun_integer_of(in, &n))
		return refuse(e, "is none of its names");
	return put_integer(e, &n, is_signed);
}

/* Encodes "READ|0x40": names and numbers. */
static int encode_flags(const struct encoding *e, const struct lun_value *in)
{
	struct lun_integer all = { 0 }, n;
	const char *p = in->s, *end = in->s + in->len;
	char part[64];
	int64_t value;

	if (in->kind != LUN_V_STR)
		return encode_integer(e, in, false);
	while (p < end) {
		const char *bar = memchr(p, '|', (size_t)(end - p));
		size_t len = (size_t)((bar ? bar : end) - p);

		snprintf(part, sizeof(part), "%.*s", (int)len, p);
		if (item_value(e, p, len, &value))
			n.magnitude = (uint64_t)value;
		else if (!parse_digits(part, &n) || n.negative)
			return refuse(e, "'%s' is none of its names", part);
		all.magnitude |= n.magnitude;
		p += len + 1;
	}
	return put_integer(e, &all, false);
}

static int encode_bool(const struct encoding *e, const struct lun_value *in)
{
	struct lun_integer n;

	if (in->kind == LUN_V_STR && in->len == 4 && !memcmp(in->s, "true", 4))
		n = (struct lun_integer){ 1, false };
	else if (in->kind == LUN_V_STR && in->len == 5 && !memcmp(in->s, "false", 5))
		n = (struct lun_integer){ 0, false };
	else if (!lun_integer_of(in, &n) || n.negative || n.magnitude > 1)
		return refuse(e, "needs true or false");
	return put_integer(e, &n, false);
}

static int encode_float(const struct encoding *e, const struct lun_value *in)
{
	char text[64], *end;
	double d = lun_value_double(in);
	long double wide;
	uint64_t bits;
	uint32_t narrow;
	float f;

	if (in->kind == LUN_V_STR) {
		text_of(in, text, sizeof(text));
		d = strtod(text, &end);
		if (end == text || *end)
			return refuse(e, "needs a number");
	}
	f = (float)d;
	memcpy(&narrow, &f, sizeof(narrow));
	memcpy(&bits, &d, sizeof(bits));
	wide = d;
	if (e->op->size == 16)
		memcpy(e->data, &wide, sizeof(wide) < 16 ? sizeof(wide) : 16);
	else
		put(e->data, e->op->size, e->op->flags & LUN_OP_BE,
			e->op->size == 4 ? narrow : bits);
	return 0;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool are_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (nibble(s[i]) < 0)
			return false;
	}
	return true;
}

static int encode_digits(
	const struct encoding *e, const struct lun_value *in, uint8_t *data, uint32_t size)
{
	if (in->kind != LUN_V_STR)
		return refuse(e, "needs hex digits");
	if (in->len != 2 * (size_t)size)
		return refuse(e, "needs %u hex digits, has %zu", 2 * size, in->len);
	if (!are_hex(in->s, in->len))
		return refuse(e, "is not hex");
	for (uint32_t i = 0; i < size; i++)
		data[i] = (uint8_t)(nibble(in->s[2 * i]) << 4 | nibble(in->s[2 * i + 1]));
	return 0;
}

static int encode_hex(const struct encoding *e, const struct lun_value *in)
{
	return encode_digits(e, in, e->data, e->op->size);
}

static int encode_chars(const struct encoding *e, const struct lun_value *in)
{
	if (in->kind != LUN_V_STR)
		return refuse(e, "needs text");
	if (e->op->flags & LUN_OP_TEXT && in->len == 2 * (size_t)e->op->size &&
		are_hex(in->s, in->len)) /* bytes that are no text are shown as hex */
		return encode_hex(e, in);
	if (in->len > e->op->size)
		return refuse(e, "the text has %zu bytes, the field has %u", in->len, e->op->size);
	memset(e->data, 0, e->op->size);
	memcpy(e->data, in->s, in->len);
	return 0;
}

static int encode_address(const struct encoding *e, const struct lun_value *in, int family,
	uint8_t *data, const char *what)
{
	char text[INET6_ADDRSTRLEN + 8];

	text_of(in, text, sizeof(text));
	if (in->kind != LUN_V_STR || inet_pton(family, text, data) != 1)
		return refuse(e, "'%s' is not %s", text, what);
	return 0;
}

static int encode_mac(const struct encoding *e, const struct lun_value *in)
{
	unsigned int b[6];
	char text[32], rest;

	text_of(in, text, sizeof(text));
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		    &rest) != 6)
		return refuse(e, "'%s' is not a MAC address", text);
	for (int i = 0; i < 6; i++)
		e->data[i] = (uint8_t)b[i];
	return 0;
}

/* Encodes "10.0.0.0/8"; hex digits when it is no address: "0a00/12". Without a length the prefix is
 * the whole address. */
static int encode_lpm(const struct encoding *e, const struct lun_value *in)
{
	uint32_t size = e->op->size - 4, most = size * 8;
	const char *slash = in->kind == LUN_V_STR ? memrchr(in->s, '/', in->len) : NULL;
	struct lun_value address = *in;
	struct lun_integer bits = { most, false };
	char text[16];
	int err;

	if (slash) {
		snprintf(text, sizeof(text), "%.*s", (int)(in->s + in->len - slash - 1), slash + 1);
		address.len = (size_t)(slash - in->s);
	}
	if (slash && (!parse_digits(text, &bits) || bits.negative || bits.magnitude > most))
		return refuse(e, "a prefix has 0 to %u bits", most);
	if (size == 4 || size == 16)
		err = encode_address(e, &address, size == 4 ? AF_INET : AF_INET6, e->data + 4,
			size == 4 ? "an IPv4 prefix" : "an IPv6 prefix");
	else
		err = encode_digits(e, &address, e->data + 4, size);
	if (!err)
		put(e->data, 4, false, bits.magnitude);
	return err;
}

static int encode_inet(const struct encoding *e, const struct lun_value *in)
{
	bool v6 = in->kind == LUN_V_STR && memchr(in->s, ':', in->len);

	memset(e->data, 0, e->op->size);
	put(e->data, 8, false, v6 ? AF_INET6 : AF_INET);
	return encode_address(e, in, v6 ? AF_INET6 : AF_INET, e->data + 8, "an IP address");
}

/* Encodes an id: "name (id)", as it is shown, or the number alone. */
static int encode_id(const struct encoding *e, const struct lun_value *in)
{
	const char *open = in->kind == LUN_V_STR ? memrchr(in->s, '(', in->len) : NULL;
	struct lun_value id = *in;

	if (open && in->s[in->len - 1] == ')') {
		id.s = open + 1;
		id.len = (size_t)(in->s + in->len - 1 - id.s);
	}
	return encode_integer(e, &id, false);
}

static bool syscall_number(const char *name, lun_u128 *number)
{
	for (uint32_t i = 0; i < MAX_SYSCALL; i++) {
		const char *have = lun_syscall_name(i);

		if (have && !strcmp(have, name)) {
			*number = i;
			return true;
		}
	}
	return false;
}

/* The address of "symbol" or "symbol+0x1f" */
static bool symbol_address(char *name, lun_u128 *address)
{
	struct lun_integer offset = { 0 };
	char *plus = strrchr(name, '+');

	if (plus && !parse_digits(plus + 1, &offset))
		return false;
	if (plus)
		*plus = '\0';
	*address = lun_ksym_address(name);
	if (!*address)
		return false;
	*address += offset.magnitude;
	return true;
}

/* The id of a cgroup: the inode number of its directory. */
static bool cgroup_id(const char *path, lun_u128 *id)
{
	struct stat st;
	int root = path[0] == '/' ? lun_cgroup_open_root() : -1;
	bool found = root >= 0 && !fstatat(root, path[1] ? path + 1 : ".", &st, 0);

	if (root >= 0)
		close(root);
	if (found)
		*id = st.st_ino;
	return found;
}

/* The device number of "8:0", or "8:0 sda" as it is shown */
static bool device_number(const char *text, lun_u128 *number)
{
	unsigned int major, minor;

	if (sscanf(text, "%u:%u", &major, &minor) != 2 || minor > 0xfffff)
		return false;
	*number = (uint64_t)major << 20 | minor;
	return true;
}

/* The number of a name that decoding shows for this kind. */
static bool named_number(uint8_t kind, char *name, lun_u128 *number)
{
	switch (kind) {
	case LUN_K_IFINDEX:
		*number = if_nametoindex(name);
		return *number != 0;
	case LUN_K_KSYM:
		return symbol_address(name, number);
	case LUN_K_SYSCALL:
		return syscall_number(name, number);
	case LUN_K_CGROUP:
		return cgroup_id(name, number);
	case LUN_K_DEV:
		return device_number(name, number);
	default:
		return false;
	}
}

static int encode_name(const struct encoding *e, const struct lun_value *in)
{
	struct lun_integer n = { 0 };
	char text[MAX_NAME];

	if (lun_integer_of(in, &n))
		return put_integer(e, &n, false);
	text_of(in, text, sizeof(text));
	if (in->kind != LUN_V_STR || in->len >= sizeof(text) ||
		!named_number(e->op->kind, text, &n.magnitude))
		return refuse(e, "'%.60s' is neither a number nor a %s that is known here", text,
			lun_op_type_name(e->op));
	return put_integer(e, &n, false);
}

int lun_leaf_encode(const struct lun_plan *plan, const struct lun_op *op,
	const struct lun_value *in, uint8_t *data, char *error)
{
	struct encoding e = { plan, op, data, error };

	switch (op->kind) {
	case LUN_K_NONE:
		return 0;
	case LUN_K_HIDDEN:
		return refuse(&e, "is not shown by the kernel, and can't be written");
	case LUN_K_UINT:
	case LUN_K_PORT:
	case LUN_K_PTR:
	case LUN_K_DURATION:
	case LUN_K_TIMESTAMP:
	case LUN_K_STACK:
		return encode_integer(&e, in, false);
	case LUN_K_INT:
	case LUN_K_ERRNO:
		return encode_integer(&e, in, true);
	case LUN_K_BITS:
		return encode_integer(&e, in, op->flags & LUN_OP_SIGNED);
	case LUN_K_ENUM:
		return encode_enum(&e, in);
	case LUN_K_FLAGS:
		return encode_flags(&e, in);
	case LUN_K_BOOL:
		return encode_bool(&e, in);
	case LUN_K_FLOAT:
		return encode_float(&e, in);
	case LUN_K_CHARS:
		return encode_chars(&e, in);
	case LUN_K_BYTES:
		return encode_hex(&e, in);
	case LUN_K_IPV4:
		return encode_address(&e, in, AF_INET, data, "an IPv4 address");
	case LUN_K_IPV6:
		return encode_address(&e, in, AF_INET6, data, "an IPv6 address");
	case LUN_K_MAC:
		return encode_mac(&e, in);
	case LUN_K_LPM:
		return encode_lpm(&e, in);
	case LUN_K_INET:
		return encode_inet(&e, in);
	case LUN_K_PID:
	case LUN_K_PROG:
	case LUN_K_MAP:
		return encode_id(&e, in);
	case LUN_K_IFINDEX:
	case LUN_K_KSYM:
	case LUN_K_SYSCALL:
	case LUN_K_CGROUP:
	case LUN_K_DEV:
		return encode_name(&e, in);
	default:
		return refuse(&e, "has no way back to its bytes: give them as hex");
	}
}
