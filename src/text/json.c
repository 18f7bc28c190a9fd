#include "text/json.h"

#include <math.h>

size_t lun_utf8_len(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (!n || p[0] > 0xf4 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
		(p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void escape(struct lun_out *out, unsigned char c)
{
	switch (c) {
	case '"':
		lun_out_str(out, "\\\"");
		break;
	case '\\':
		lun_out_str(out, "\\\\");
		break;
	case '\b':
		lun_out_str(out, "\\b");
		break;
	case '\f':
		lun_out_str(out, "\\f");
		break;
	case '\n':
		lun_out_str(out, "\\n");
		break;
	case '\r':
		lun_out_str(out, "\\r");
		break;
	case '\t':
		lun_out_str(out, "\\t");
		break;
	default:
		lun_out_printf(out, "\\u%04x", c);
	}
}

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void lun_json_chars(struct lun_out *out, const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t run = i, n;

		while (run < len && plain((unsigned char)s[run]))
			run++;
		lun_out_mem(out, s + i, run - i);
		i = run;
		if (i == len)
			return;
		if ((unsigned char)s[i] <= 0x7f) {
			escape(out, (unsigned char)s[i++]);
			continue;
		}
		n = lun_utf8_len(s + i, len - i);
		lun_out_mem(out, n ? s + i : "\xef\xbf\xbd", n ? n : 3);
		i += n ? n : 1;
	}
}

void lun_json_str(struct lun_out *out, const char *s, size_t len)
{
	lun_out_char(out, '"');
	lun_json_chars(out, s, len);
	lun_out_char(out, '"');
}

void lun_json_u64_str(struct lun_out *out, uint64_t v)
{
	lun_out_char(out, '"');
	lun_out_u64(out, v);
	lun_out_char(out, '"');
}

void lun_json_double(struct lun_out *out, double v)
{
	if (isfinite(v))
		lun_out_double(out, v);
	else
		lun_out_str(out, isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}
