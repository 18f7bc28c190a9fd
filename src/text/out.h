#pragma once
/*
 * A byte writer that grows: the text is in `data` until lun_out_free. A writer remembers its
 * first error; later writes do nothing.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>

struct lun_out {
	char *data;
	size_t len;
	size_t cap;
	int err; /* 0, or the first -errno */
};

/* Nothing is allocated until something is written. */
void lun_out_init(struct lun_out *out);
void lun_out_free(struct lun_out *out);
/* Empties the text and keeps the memory. */
void lun_out_reset(struct lun_out *out);

/* Room for at least n more bytes at data + len; NULL (and err set) without memory. The caller
 * writes at most n bytes there and adds their number to len. */
char *lun_out_reserve(struct lun_out *out, size_t n);

/* Where the text must grow, or an error stands. */
void lun_out_mem_grow(struct lun_out *out, const void *data, size_t len);

static inline void lun_out_mem(struct lun_out *out, const void *data, size_t len)
{
	if (!len)
		return;
	if (out->err || out->cap - out->len < len) {
		lun_out_mem_grow(out, data, len);
		return;
	}
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

static inline void lun_out_str(struct lun_out *out, const char *s)
{
	lun_out_mem(out, s, strlen(s));
}

static inline void lun_out_char(struct lun_out *out, char c)
{
	lun_out_mem(out, &c, 1);
}

/* Decimal digits, exact over the whole range. */
void lun_out_u64(struct lun_out *out, uint64_t v);
void lun_out_i64(struct lun_out *out, int64_t v);
/* Lower case, two digits a byte, no prefix. */
void lun_out_hex(struct lun_out *out, const void *data, size_t len);
/* The shortest decimal that reads back as the same double; integral values without a
 * point up to 2^53, "NaN", "+Inf", "-Inf" otherwise as Prometheus spells them. */
void lun_out_double(struct lun_out *out, double v);
void lun_out_printf(struct lun_out *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
