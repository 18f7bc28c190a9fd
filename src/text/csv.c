#include "text/csv.h"

#include <string.h>

static bool needs_quotes(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == ',' || s[i] == '"' || s[i] == '\n' || s[i] == '\r')
			return true;
	}
	return false;
}

static size_t digits(const char *s, size_t at, size_t len)
{
	while (at < len && s[at] >= '0' && s[at] <= '9')
		at++;
	return at;
}

/* True for a sign, digits, and an optional fraction. */
static bool is_number(const char *s, size_t len)
{
	size_t end = digits(s, 1, len);

	if (end == 1)
		return false;
	if (end < len && s[end] == '.')
		end = digits(s, end + 1, len);
	return end == len;
}

static bool is_formula(const char *s, size_t len)
{
	if (!len || !memchr("=+-@\t\r", s[0], 6))
		return false;
	return (s[0] != '+' && s[0] != '-') || !is_number(s, len);
}

void lun_csv_field(struct lun_out *out, const char *s, size_t len, bool guard)
{
	const char *before = guard && is_formula(s, len) ? "'" : "";

	if (!needs_quotes(s, len)) {
		lun_out_str(out, before);
		lun_out_mem(out, s, len);
		return;
	}
	lun_out_char(out, '"');
	lun_out_str(out, before);
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			lun_out_char(out, '"');
		lun_out_char(out, s[i]);
	}
	lun_out_char(out, '"');
}
