#include "text/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text/json.h"

enum { MAX_MESSAGE = 8192 };

static int rank_of(const char *level)
{
	static const char *const levels[] = { "debug", "info", "warning", "error", "audit" };

	for (int i = 0; i < 5; i++) {
		if (level && strcmp(level, levels[i]) == 0)
			return i;
	}
	return 1;
}

bool lun_log_wants(const char *level)
{
	return rank_of(level) >= rank_of(getenv("LUNETTE_LOG"));
}

static unsigned code_point(const unsigned char *s, size_t len)
{
	static const unsigned char bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned point = s[0] & bits[len];

	for (size_t i = 1; i < len; i++)
		point = point << 6 | (s[i] & 0x3f);
	return point;
}

/* True for characters that a terminal obeys: control characters, and those that change the
 * direction of text or end lines. */
static bool is_command(unsigned point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
		(point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
		(point >= 0x2066 && point <= 0x2069);
}

/* A traceback keeps its line breaks: its lines begin with a tab, and no record begins so. */
static bool is_trace(const char *line)
{
	static const char head[] = "\nstack traceback:\n\t";

	return strncmp(line, head, sizeof(head) - 1) == 0 || strncmp(line, "\n\t", 2) == 0;
}

static size_t write_character(struct lun_out *out, const char *s, size_t left)
{
	size_t len = lun_utf8_len(s, left);
	unsigned point;

	if (len == 0) {
		lun_out_printf(out, "\\x%02x", (unsigned char)*s);
		return 1;
	}
	point = code_point((const unsigned char *)s, len);
	if (*s == '\t' || !is_command(point))
		lun_out_mem(out, s, len);
	else if (*s == '\n')
		lun_out_str(out, is_trace(s) ? "\n" : "\\n");
	else
		lun_out_printf(out, point < 0x80 ? "\\x%02x" : "\\u{%x}", point);
	return len;
}

void lun_log_write(struct lun_out *out, const char *message)
{
	size_t len = strlen(message), end = len < MAX_MESSAGE ? len : MAX_MESSAGE;

	for (size_t at = 0; at < end;)
		at += write_character(out, message + at, len - at);
	if (end < len)
		lun_out_printf(out, " … (%zu bytes in all)", len);
}

/* Writes a record by one system call, so that records of several threads and processes do not
 * mix. */
static void write_record(const char *level, const char *message)
{
	time_t now = time(NULL);
	struct lun_out out;
	char stamp[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	lun_out_init(&out);
	lun_out_printf(&out, "%s %s ", stamp, level);
	lun_log_write(&out, message);
	lun_out_char(&out, '\n');
	if (!out.err)
		fwrite(out.data, 1, out.len, stderr);
	lun_out_free(&out);
}

void lun_log(const char *level, const char *fmt, ...)
{
	char *message = NULL;
	va_list ap;
	int len;

	if (!lun_log_wants(level))
		return;
	va_start(ap, fmt);
	len = vasprintf(&message, fmt, ap);
	va_end(ap);
	write_record(level, len < 0 ? "not enough memory for a message" : message);
	if (len >= 0)
		free(message);
}
