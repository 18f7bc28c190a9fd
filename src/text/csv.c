#include "text/csv.h"

static bool needs_quotes(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == ',' || s[i] == '"' || s[i] == '\n' || s[i] == '\r')
			return true;
	}
	return false;
}

void lun_csv_field(struct lun_out *out, const char *s, size_t len)
{
	if (!needs_quotes(s, len)) {
		lun_out_mem(out, s, len);
		return;
	}
	lun_out_char(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			lun_out_char(out, '"');
		lun_out_char(out, s[i]);
	}
	lun_out_char(out, '"');
}
