#include "text/out.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 256 };

void lun_out_init(struct lun_out *out)
{
	memset(out, 0, sizeof(*out));
}

void lun_out_free(struct lun_out *out)
{
	free(out->data);
	lun_out_init(out);
}

void lun_out_reset(struct lun_out *out)
{
	out->len = 0;
	out->err = 0;
}

static char *grow(struct lun_out *out, size_t n)
{
	size_t cap = out->cap ? out->cap : FIRST_CAP;
	char *data;

	while (cap - out->len < n) {
		if (cap > SIZE_MAX / 2) {
			out->err = -ENOMEM;
			return NULL;
		}
		cap *= 2;
	}
	data = realloc(out->data, cap);
	if (!data) {
		out->err = -ENOMEM;
		return NULL;
	}
	out->data = data;
	out->cap = cap;
	return data + out->len;
}

char *lun_out_reserve(struct lun_out *out, size_t n)
{
	if (out->err)
		return NULL;
	if (out->data && out->cap - out->len >= n)
		return out->data + out->len;
	return grow(out, n);
}

void lun_out_mem_grow(struct lun_out *out, const void *data, size_t len)
{
	char *p = lun_out_reserve(out, len);

	if (!p)
		return;
	memcpy(p, data, len);
	out->len += len;
}

/* Writes two digits at a time, from the end; returns their start. */
static char *put_digits(char *end, uint64_t v)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";

	while (v >= 100) {
		end -= 2;
		memcpy(end, pairs + v % 100 * 2, 2);
		v /= 100;
	}
	if (v >= 10) {
		end -= 2;
		memcpy(end, pairs + v * 2, 2);
		return end;
	}
	*--end = (char)('0' + v);
	return end;
}

void lun_out_u64(struct lun_out *out, uint64_t v)
{
	char digits[20];
	char *p = put_digits(digits + sizeof(digits), v);

	lun_out_mem(out, p, (size_t)(digits + sizeof(digits) - p));
}

void lun_out_i64(struct lun_out *out, int64_t v)
{
	if (v < 0)
		lun_out_char(out, '-');
	lun_out_u64(out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void lun_out_hex(struct lun_out *out, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;
	char *p = lun_out_reserve(out, 2 * len);

	if (!p || !len)
		return;
	for (size_t i = 0; i < len; i++) {
		*p++ = digits[bytes[i] >> 4];
		*p++ = digits[bytes[i] & 15];
	}
	out->len += 2 * len;
}

static int shortest(char *text, size_t size, double v)
{
	int n = 0;

	for (int digits = fabs(v) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
		n = snprintf(text, size, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	return n;
}

void lun_out_double(struct lun_out *out, double v)
{
	char text[40];

	if (isnan(v)) {
		lun_out_str(out, "NaN");
	} else if (isinf(v)) {
		lun_out_str(out, v > 0 ? "+Inf" : "-Inf");
	} else if (v == trunc(v) && fabs(v) <= 9007199254740992.0) {
		lun_out_i64(out, (int64_t)v);
	} else {
		shortest(text, sizeof(text), v);
		lun_out_str(out, text);
	}
}

void lun_out_printf(struct lun_out *out, const char *fmt, ...)
{
	va_list args, again;
	char *p;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	p = n < 0 ? NULL : lun_out_reserve(out, (size_t)n + 1);
	if (p) {
		vsnprintf(p, (size_t)n + 1, fmt, again);
		out->len += (size_t)n;
	}
	va_end(again);
}
