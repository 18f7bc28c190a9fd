#pragma once
/*
 * Streams as aligned columns, for people. The widths come from a bounded window of rows: the rows
 * of a window are kept as text, then written with the widths that they need; widths only grow.
 */
#include "bpf/read/stream.h"

/* Titles are text for a terminal. */
struct lun_table_column {
	char *title; /* from malloc */
	bool right;  /* numbers */
	uint32_t width;
};

struct lun_table {
	struct lun_table_column *columns; /* as many as the stream's picks */
	uint32_t nr_columns;
	struct lun_out cells; /* the window's texts, one after the other */
	size_t *ends;         /* where each of them ends, row by row */
	uint32_t nr_rows;
	bool headed; /* the titles are written */
};

/* Makes the table of `columns` (whose titles it then owns, also after an error) for the stream's
 * picks; -EINVAL when their number differs, -EOPNOTSUPP when C can't write such cells. */
int lun_table_open(struct lun_stream *s, struct lun_table_column *columns, uint32_t nr);
void lun_table_close(struct lun_table *table);
/* Adds a row; writes the window when it is full. */
void lun_table_entry(
	struct lun_stream *s, struct lun_out *out, const uint8_t *key, const uint8_t *value);
/* Writes what the window holds. */
void lun_table_flush(struct lun_stream *s, struct lun_out *out);
