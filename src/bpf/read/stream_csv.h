#pragma once
/* Entries as CSV: the plans' columns, an array in one cell as JSON. */
#include "bpf/read/stream.h"

int lun_csv_columns(struct lun_stream *s);
void lun_csv_header(const struct lun_stream *s, struct lun_out *out);
/* An entry: a line, or one for each CPU. */
void lun_csv_entry(
	struct lun_stream *s, struct lun_out *out, const uint8_t *key, const uint8_t *value);
