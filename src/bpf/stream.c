#include "bpf/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/stream_csv.h"

static void stream_close(struct lun_source *source)
{
	struct lun_stream *s = (struct lun_stream *)source;

	lun_ahead_close(&s->ahead);
	lun_view_free(&s->view);
	lun_ctx_free(&s->ctx);
	free(s->picks);
	free(s);
}

static void write_json(struct lun_stream *s, struct lun_out *out, uint32_t count)
{
	struct lun_entry_sink sink = { .user = s->user };

	lun_json_sink_init(&sink.json, out);
	sink.json.sink.func = s->func;
	for (uint32_t i = 0; i < count; i++) {
		if (s->format == LUN_JSON && s->any)
			lun_out_mem(out, ",\n", 2);
		lun_entry_json(&s->view, &s->ctx, &sink, lun_ahead_key(&s->ahead, i),
			lun_ahead_value(&s->ahead, i));
		if (s->format == LUN_NDJSON)
			lun_out_char(out, '\n');
		s->any = true;
	}
}

static void write_start(struct lun_stream *s, struct lun_out *out)
{
	if (s->format == LUN_JSON)
		lun_out_char(out, '[');
	else if (s->format == LUN_CSV)
		lun_csv_header(s, out);
}

static int stream_pull(struct lun_source *source, struct lun_out *out)
{
	struct lun_stream *s = (struct lun_stream *)source;
	int count;

	if (s->finished)
		return 0;
	if (!s->started)
		write_start(s, out);
	s->started = true;
	count = lun_ahead_next(&s->ahead);
	if (count < 0)
		return count;
	if (s->format == LUN_CSV)
		lun_csv_rows(s, out, (uint32_t)count);
	else
		write_json(s, out, (uint32_t)count);
	s->finished = s->ahead.done;
	if (s->finished && s->format == LUN_JSON)
		lun_out_mem(out, "]\n", 2);
	return s->finished ? 0 : 1;
}

/* Read when the last batch was taken: the thread that reads ahead has ended then. */
static const char *stream_note(const struct lun_source *source)
{
	const struct lun_stream *s = (const struct lun_stream *)source;

	if (!s->finished)
		return NULL;
	if (s->ahead.cur.truncated)
		return "Reading was cut short: the map grew while it was read.";
	if (s->ahead.cur.restarted)
		return "The map changed while it was read: entries may be missing or double.";
	return NULL;
}

int lun_stream_open(struct lun_stream **stream, const struct lun_map *map,
	const struct lun_view *view, enum lun_stream_format format)
{
	struct lun_stream *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->source = (struct lun_source){ stream_pull, stream_close, stream_note };
	s->format = format;
	lun_ctx_init(&s->ctx);
	err = lun_ahead_open(&s->ahead, map);
	if (!err)
		err = lun_view_init(&s->view, map, view->key, view->value, view->reduce);
	if (!err && format == LUN_CSV)
		err = lun_csv_columns(s);
	if (err) {
		stream_close(&s->source);
		return err;
	}
	*stream = s;
	return 0;
}
