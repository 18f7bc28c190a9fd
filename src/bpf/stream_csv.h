#pragma once
/* Entries as CSV: the plans' columns, an array in one cell as JSON. */
#include "bpf/stream.h"

int lun_csv_columns(struct lun_stream *s);
void lun_csv_header(const struct lun_stream *s, struct lun_out *out);
void lun_csv_rows(struct lun_stream *s, struct lun_out *out, uint32_t count);
