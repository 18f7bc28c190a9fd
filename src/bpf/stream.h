#pragma once
/*
 * A whole map as text, made while it is read: a struct lun_source of constant memory that
 * holds its own cursor. Without Lua functions in the view any thread may pull it.
 */
#include "bpf/ahead.h"
#include "bpf/view.h"
#include "text/source.h"

enum lun_stream_format {
	LUN_NDJSON, /* an entry a line */
	LUN_JSON,   /* one array */
	LUN_CSV,    /* a header, then an entry a line; a CPU a line where each is shown */
};

struct lun_stream {
	struct lun_source source;
	struct lun_ahead ahead;
	struct lun_view view;
	struct lun_ctx ctx;
	enum lun_stream_format format;
	bool started, finished;
	bool any;               /* something stands before the next entry */
	struct lun_pick *picks; /* CSV: key columns, then value columns */
	uint32_t nr_picks, nr_key_picks;
	lun_func_fn func; /* how Lua functions are called; NULL: none are */
	void *user;
};

/* Copies the map's handle and takes references to the view's plans. */
int lun_stream_open(struct lun_stream **stream, const struct lun_map *map,
	const struct lun_view *view, enum lun_stream_format format);
