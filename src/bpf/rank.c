/* What a row is ordered by, as text and back: it stands in the cursors of sorted pages. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/select.h"

void lun_rank_write(struct lun_out *out, const struct lun_rank *rank)
{
	if (rank->is_text) {
		lun_out_char(out, 't');
		lun_out_mem(out, rank->text, rank->len);
		return;
	}
	switch (rank->number.kind) {
	case LUN_V_U64:
		lun_out_char(out, 'u');
		lun_out_u64(out, rank->number.u);
		break;
	case LUN_V_DOUBLE:
		lun_out_printf(out, "d%a", rank->number.d);
		break;
	case LUN_V_INT:
	case LUN_V_I64:
		lun_out_char(out, 'i');
		lun_out_i64(out, rank->number.i);
		break;
	default:
		lun_out_char(out, 'n');
	}
}

static int read_number(struct lun_value *number, char kind, const char *text)
{
	char *end;

	if (kind != 'd' && (*text < '0' || *text > '9') && (kind == 'u' || *text != '-'))
		return -EINVAL;
	errno = 0;
	if (kind == 'i') {
		number->kind = LUN_V_I64;
		number->i = strtoll(text, &end, 10);
	} else if (kind == 'u') {
		number->kind = LUN_V_U64;
		number->u = strtoull(text, &end, 10);
	} else {
		number->kind = LUN_V_DOUBLE;
		number->d = strtod(text, &end);
		errno = isnan(number->d) ? EINVAL : 0;
	}
	return errno || end == text || *end ? -EINVAL : 0;
}

int lun_rank_read(struct lun_rank *rank, const char *text, size_t len)
{
	char digits[64];

	memset(rank, 0, sizeof(*rank));
	if (!len || len > 1 + LUN_SELECT_TEXT)
		return -EINVAL;
	if (text[0] == 't') {
		rank->is_text = true;
		rank->len = (uint16_t)(len - 1);
		memcpy(rank->text, text + 1, rank->len);
		return 0;
	}
	if (text[0] == 'n')
		return len == 1 ? 0 : -EINVAL;
	if (!strchr("iud", text[0]) || len > sizeof(digits))
		return -EINVAL;
	memcpy(digits, text + 1, len - 1);
	digits[len - 1] = '\0';
	return strlen(digits) == len - 1 ? read_number(&rank->number, text[0], digits) : -EINVAL;
}
