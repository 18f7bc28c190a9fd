#include "metric/format.h"

#include <errno.h>
#include <string.h>

#include "text/json.h"

/* The name of each lun_metric_type in both formats; the classic format has fewer types. */
static const struct {
	const char *name;
	const char *classic;
	const char *suffix;
} types[] = {
	[LUN_METRIC_UNKNOWN] = { "unknown", "untyped", "" },
	[LUN_METRIC_COUNTER] = { "counter", "counter", "_total" },
	[LUN_METRIC_GAUGE] = { "gauge", "gauge", "" },
	[LUN_METRIC_HISTOGRAM] = { "histogram", "histogram", "" },
	[LUN_METRIC_SUMMARY] = { "summary", "summary", "" },
	[LUN_METRIC_INFO] = { "info", "gauge", "_info" },
	[LUN_METRIC_STATESET] = { "stateset", "gauge", "" },
};

int lun_metric_type_parse(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].name, name) == 0)
			return (int)i;
	}
	return -EINVAL;
}

size_t lun_metric_char(const char *s, size_t len)
{
	/* Prometheus's parser takes a NUL for the end of its input. */
	return *s ? lun_utf8_len(s, len) : 0;
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool name_ok(const char *name, const char *also)
{
	const char *p = name;

	for (; *p; p++) {
		bool digit = *p >= '0' && *p <= '9';

		if (!letter(*p) && !(digit && p > name) && !strchr(also, *p))
			return false;
	}
	return p > name;
}

bool lun_metric_name_ok(const char *name)
{
	return name_ok(name, ":");
}

bool lun_metric_label_ok(const char *name)
{
	return name_ok(name, "") && strncmp(name, "__", 2) != 0;
}

size_t lun_metric_label_cut(const char *s, size_t len)
{
	size_t n = LUN_METRIC_LABEL_MAX;

	if (len <= n)
		return len;
	/* Moves back to the first byte of a character that would be cut. */
	for (size_t back = 0; back < 3 && ((unsigned char)s[n] & 0xc0) == 0x80; back++)
		n--;
	return n;
}

bool lun_metric_is_ascii(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!s[i] || (unsigned char)s[i] >= 0x80)
			return false;
	}
	return true;
}

void lun_metric_clean(struct lun_out *out, const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = lun_metric_char(s + i, len - i);
		lun_out_mem(out, n ? s + i : LUN_METRIC_BAD, n ? n : 3);
	}
}

/* Writes the first character of s and returns its length. */
static size_t help_char(
	struct lun_out *out, enum lun_metric_format format, const char *s, size_t len)
{
	size_t n;

	if (*s == '\n') {
		lun_out_str(out, "\\n");
		return 1;
	}
	if (*s == '\\' || (*s == '"' && format == LUN_METRIC_OPEN))
		lun_out_char(out, '\\');
	n = lun_metric_char(s, len);
	lun_out_mem(out, n ? s : LUN_METRIC_BAD, n ? n : 3);
	return n ? n : 1;
}

static void help_chars(struct lun_out *out, enum lun_metric_format format, const char *s)
{
	for (size_t left = strlen(s), n; left; s += n, left -= n)
		n = help_char(out, format, s, left);
}

static void head_line(
	struct lun_out *out, const char *keyword, const char *name, const char *suffix)
{
	lun_out_str(out, "# ");
	lun_out_str(out, keyword);
	lun_out_char(out, ' ');
	lun_out_str(out, name);
	lun_out_str(out, suffix);
	lun_out_char(out, ' ');
}

void lun_metric_head_write(
	struct lun_out *out, enum lun_metric_format format, const struct lun_metric_head *head)
{
	bool classic = format == LUN_METRIC_CLASSIC;
	const char *suffix = classic ? types[head->type].suffix : "";

	if (head->help && *head->help) {
		head_line(out, "HELP", head->name, suffix);
		help_chars(out, format, head->help);
		lun_out_char(out, '\n');
	}
	head_line(out, "TYPE", head->name, suffix);
	lun_out_str(out, classic ? types[head->type].classic : types[head->type].name);
	lun_out_char(out, '\n');
	if (!classic && head->unit && *head->unit) {
		head_line(out, "UNIT", head->name, "");
		lun_out_str(out, head->unit);
		lun_out_char(out, '\n');
	}
}

const char *lun_metric_suffix(enum lun_metric_type type)
{
	return types[type].suffix;
}

static bool plain(unsigned char c)
{
	return c && c < 0x80 && c != '"' && c != '\\' && c != '\n';
}

static size_t special(struct lun_out *out, const char *s, size_t len)
{
	size_t n;

	switch (*s) {
	case '\n':
		lun_out_str(out, "\\n");
		return 1;
	case '"':
	case '\\':
		lun_out_char(out, '\\');
		lun_out_char(out, *s);
		return 1;
	}
	n = lun_metric_char(s, len);
	lun_out_mem(out, n ? s : LUN_METRIC_BAD, n ? n : 3);
	return n ? n : 1;
}

void lun_metric_chars(struct lun_out *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t run = i;

		while (run < len && plain((unsigned char)s[run]))
			run++;
		lun_out_mem(out, s + i, run - i);
		i = run;
		if (i < len)
			i += special(out, s + i, len - i);
	}
}

double lun_metric_number_double(struct lun_metric_number number)
{
	switch (number.kind) {
	case LUN_NUMBER_U64:
		return (double)number.u64;
	case LUN_NUMBER_I64:
		return (double)number.i64;
	case LUN_NUMBER_F64:
		return number.f64;
	case LUN_NUMBER_NONE:
		break;
	}
	return 0;
}

void lun_metric_number_write(struct lun_out *out, struct lun_metric_number number, double divisor)
{
	if (divisor != 1)
		lun_out_double(out, lun_metric_number_double(number) / divisor);
	else if (number.kind == LUN_NUMBER_U64)
		lun_out_u64(out, number.u64);
	else if (number.kind == LUN_NUMBER_I64)
		lun_out_i64(out, number.i64);
	else
		lun_out_double(out, lun_metric_number_double(number));
}

void lun_metric_eof(struct lun_out *out, enum lun_metric_format format)
{
	if (format == LUN_METRIC_OPEN)
		lun_out_str(out, "# EOF\n");
}
