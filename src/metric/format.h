#pragma once
/*
 * Prometheus text 0.0.4 and OpenMetrics 1.0.0, a line at a time: names, heads, labels and
 * values. Which samples there are: page.h.
 */
#include "text/out.h"

enum lun_metric_format { LUN_METRIC_CLASSIC, LUN_METRIC_OPEN };

enum lun_metric_type {
	LUN_METRIC_UNKNOWN,
	LUN_METRIC_COUNTER,
	LUN_METRIC_GAUGE,
	LUN_METRIC_HISTOGRAM,
	LUN_METRIC_SUMMARY,
	LUN_METRIC_INFO,
	LUN_METRIC_STATESET,
};

/* A label value longer than this is cut, at a character's end. */
enum { LUN_METRIC_LABEL_MAX = 1024 };

/* Replaces a byte that a label value can't hold: U+FFFD. */
#define LUN_METRIC_BAD "\xef\xbf\xbd"

/* The lines above a family's samples. `name` has no _total or _info: samples add it. */
struct lun_metric_head {
	const char *name;
	const char *help; /* NULL or "": no HELP line */
	const char *unit; /* NULL or "": none; written in OpenMetrics only */
	enum lun_metric_type type;
};

/* A number as the kernel has it: integers stay exact. */
enum lun_metric_kind { LUN_NUMBER_NONE, LUN_NUMBER_U64, LUN_NUMBER_I64, LUN_NUMBER_F64 };
struct lun_metric_number {
	enum lun_metric_kind kind;
	union {
		uint64_t u64;
		int64_t i64;
		double f64;
	};
};

/* The type of that name ("counter"), or -EINVAL. */
int lun_metric_type_parse(const char *name);
/* Whether Prometheus accepts it as the name of a metric or a label ("__" in front is reserved). */
bool lun_metric_name_ok(const char *name);
bool lun_metric_label_ok(const char *name);
/* Length of the character at s that a label value may hold, or 0: no UTF-8, or NUL. */
size_t lun_metric_char(const char *s, size_t len);
/* Bytes of s that are kept as a label value: all, or at most LUN_METRIC_LABEL_MAX. */
size_t lun_metric_label_cut(const char *s, size_t len);

/* Whether it is ASCII without NUL: as a label value it stays as it is. */
bool lun_metric_is_ascii(const char *s, size_t len);
/* A label value as it will be: valid, but not escaped. */
void lun_metric_clean(struct lun_out *out, const char *s, size_t len);

void lun_metric_head_write(
	struct lun_out *out, enum lun_metric_format format, const struct lun_metric_head *head);
/* The suffix of a type's plain sample: "_total", "_info" or "". */
const char *lun_metric_suffix(enum lun_metric_type type);
/* Writes a label value without quotes: escaped; invalid UTF-8 becomes U+FFFD. */
void lun_metric_chars(struct lun_out *out, const char *s, size_t len);
/* A number divided by `divisor` (1: untouched, and integers exact). */
void lun_metric_number_write(struct lun_out *out, struct lun_metric_number number, double divisor);
double lun_metric_number_double(struct lun_metric_number number);
/* The end of a page: "# EOF" in OpenMetrics. */
void lun_metric_eof(struct lun_out *out, enum lun_metric_format format);
