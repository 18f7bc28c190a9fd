#include "text/terminal.h"

#include "text/json.h"

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

/* The code point of valid UTF-8 of n bytes. */
static unsigned code_point(const unsigned char *p, size_t n)
{
	unsigned c = n == 2 ? p[0] & 0x1fu : n == 3 ? p[0] & 0x0fu : p[0] & 0x07u;

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

/* C1 controls, Arabic letter mark, marks, embeddings, overrides and isolates, line and paragraph
 * separators. */
static bool moves(unsigned c)
{
	return (c >= 0x80 && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Writes the character at s, which is none of ASCII's visible ones; returns its bytes. */
static size_t write_other(struct lun_out *out, const char *s, size_t len)
{
	size_t n = (unsigned char)*s < 0x80 ? 0 : lun_utf8_len(s, len);
	unsigned c;

	if (!n) {
		lun_out_printf(out, "\\x%02x", (unsigned char)*s);
		return 1;
	}
	c = code_point((const unsigned char *)s, n);
	if (moves(c))
		lun_out_printf(out, "\\u{%x}", c);
	else
		lun_out_mem(out, s, n);
	return n;
}

void lun_terminal_text(struct lun_out *out, const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t run = i;

		while (run < len && plain((unsigned char)s[run]))
			run++;
		lun_out_mem(out, s + i, run - i);
		i = run;
		if (i < len)
			i += write_other(out, s + i, len - i);
	}
}

size_t lun_terminal_width(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}
