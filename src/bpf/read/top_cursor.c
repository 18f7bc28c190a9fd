/* The order value of a row as text and back; the cursors of sorted pages contain it. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/read/map_top.h"

void lun_rank_write(struct lun_out *out, const struct lun_rank *rank)
{
	switch (rank->kind) {
	case LUN_V_STR:
		lun_out_char(out, 't');
		lun_out_mem(out, rank->text, rank->len);
		break;
	case LUN_V_U64:
		lun_out_char(out, 'u');
		lun_out_u64(out, rank->u);
		break;
	case LUN_V_DOUBLE:
		lun_out_printf(out, "d%a", rank->d);
		break;
	case LUN_V_INT:
	case LUN_V_I64:
		lun_out_char(out, 'i');
		lun_out_i64(out, rank->i);
		break;
	default:
		lun_out_char(out, 'n');
	}
}

static int read_number(struct lun_rank *rank, char kind, const char *text)
{
	char *end;

	if (kind != 'd' && (*text < '0' || *text > '9') && (kind == 'u' || *text != '-'))
		return -EINVAL;
	errno = 0;
	if (kind == 'i') {
		rank->kind = LUN_V_I64;
		rank->i = strtoll(text, &end, 10);
	} else if (kind == 'u') {
		rank->kind = LUN_V_U64;
		rank->u = strtoull(text, &end, 10);
	} else {
		rank->kind = LUN_V_DOUBLE;
		rank->d = strtod(text, &end);
		errno = isnan(rank->d) ? EINVAL : 0;
	}
	return errno || end == text || *end ? -EINVAL : 0;
}

int lun_rank_read(struct lun_rank *rank, const char *text, size_t len)
{
	char digits[64];

	memset(rank, 0, sizeof(*rank));
	if (!len || len > 1 + LUN_MAP_TOP_TEXT)
		return -EINVAL;
	if (text[0] == 't') {
		rank->kind = LUN_V_STR;
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
	return strlen(digits) == len - 1 ? read_number(rank, text[0], digits) : -EINVAL;
}
