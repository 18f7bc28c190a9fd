#pragma once
/*
 * JSON, a token at a time. The caller writes commas and braces; these functions write escapes,
 * valid UTF-8 (other bytes become U+FFFD), exact integers, and doubles as the shortest text that
 * reads back.
 */
#include "text/out.h"

/* A quoted string of any bytes. */
void lun_json_str(struct lun_out *out, const char *s, size_t len);
/* The same without the quotes, to build one string of several parts. */
void lun_json_chars(struct lun_out *out, const char *s, size_t len);
/* A u64 as a decimal string, as JSON readers lose digits above 2^53. */
void lun_json_u64_str(struct lun_out *out, uint64_t v);
/* A JSON number; "NaN", "Infinity" and "-Infinity", for which JSON has no number, as strings. */
void lun_json_double(struct lun_out *out, double v);
/* Length of the valid UTF-8 character at s (1 to 4), or 0 where there is none. */
size_t lun_utf8_len(const char *s, size_t len);
