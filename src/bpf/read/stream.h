#pragma once
/*
 * A map as text, made while it is read: a struct lun_source of constant memory that holds its
 * own cursor; or, in the order of a cell, a selection, of as many walks as its rows take.
 * Without Lua functions in the view or the condition any thread may pull it.
 */
#include "bpf/read/cursor_prefetch.h"
#include "bpf/read/map_top.h"
#include "bpf/decode/entry_template.h"
#include "text/source.h"

enum lun_stream_format {
	LUN_NDJSON, /* an entry a line */
	LUN_JSON,   /* one array */
	LUN_CSV,    /* a header, then an entry a line; a CPU a line where each is shown */
	LUN_TABLE,  /* aligned columns, an entry a line: see stream_table.h */
};

struct lun_table;
struct lun_stream_team;

struct lun_stream {
	struct lun_source source;
	struct lun_prefetch ahead;  /* in the map's order */
	struct lun_map_top *sorted; /* else in that of its cell */
	uint32_t threads;           /* likewise: how many; 0: not known yet */
	struct lun_stream_team
		*team;           /* more than one of them: they read what comes after `ahead` */
	struct lun_filter where; /* of entries in the map's order */
	uint8_t *only;           /* the key of the only entry, from malloc */
	uint64_t left;           /* entries that may still be written */
	uint32_t at;             /* sorted: the next row */
	struct lun_entry_format view;
	struct lun_entry_template *template; /* JSON; NULL: by visiting the plans */
	struct lun_ctx ctx;
	enum lun_stream_format format;
	bool started, finished;
	bool ended; /* there is no more to read */
	bool restarted, truncated;
	bool any;               /* something stands before the next entry */
	bool guard;             /* CSV: no field is a formula */
	struct lun_pick *picks; /* CSV, table: key columns, then value columns */
	uint32_t nr_picks, nr_key_picks;
	struct lun_table *table; /* table */
	lun_func_fn func;        /* how Lua functions are called; NULL: none are */
	void *user;
};

/* Copies the map's handle and takes references to the view's plans. Before the first pull the
 * caller may set `left`, fill in the condition, and of a sorted one the cell; of a table it calls
 * lun_table_open(). */
int lun_stream_open(struct lun_stream **stream, const struct lun_map *map,
	const struct lun_entry_format *view, enum lun_stream_format format, bool sorted);
/* Writes one entry. */
void lun_stream_entry(
	struct lun_stream *s, struct lun_out *out, const uint8_t *key, const uint8_t *value);
/* The condition of the entries that are written, to be filled in. */
static inline struct lun_filter *lun_stream_where(struct lun_stream *stream)
{
	return stream->sorted ? &stream->sorted->where : &stream->where;
}
