#pragma once
/*
 * CSV as RFC 4180 has it: fields with a comma, a quote or a line break are quoted. With `guard` a
 * ' stands before text that a spreadsheet would run as a formula: all that begins with = + - @, a
 * tab or a return, and is no number.
 */
#include "text/out.h"

void lun_csv_field(struct lun_out *out, const char *s, size_t len, bool guard);
