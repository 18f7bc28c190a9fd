#pragma once
/* CSV as RFC 4180 has it: fields with a comma, a quote or a line break are quoted. */
#include "text/out.h"

void lun_csv_field(struct lun_out *out, const char *s, size_t len);
