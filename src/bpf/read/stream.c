#include "bpf/read/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/read/stream_csv.h"
#include "bpf/read/stream_table.h"
#include "bpf/read/stream_team.h"

enum { SORTED_BYTES = 28 << 20, ROWS = 1024 };

static void stream_close(struct lun_source *source)
{
	struct lun_stream *s = (struct lun_stream *)source;

	lun_stream_team_close(s);
	if (s->sorted)
		lun_map_top_close(s->sorted);
	else
		lun_prefetch_close(&s->ahead);
	free(s->sorted);
	lun_filter_free(&s->where);
	lun_entry_template_free(s->template);
	lun_entry_format_free(&s->view);
	lun_ctx_free(&s->ctx);
	lun_table_close(s->table);
	free(s->picks);
	free(s->only);
	free(s);
}

static void write_json(
	struct lun_stream *s, struct lun_out *out, const uint8_t *key, const uint8_t *value)
{
	struct lun_entry_sink sink = { .user = s->user };

	if (s->format == LUN_JSON && s->any)
		lun_out_mem(out, ",\n", 2);
	if (s->template) {
		lun_entry_template_write(s->template, &s->ctx, out, key, value);
	} else {
		lun_json_sink_init(&sink.json, out);
		sink.json.sink.func = s->func;
		lun_entry_json(&s->view, &s->ctx, &sink, key, value);
	}
	if (s->format == LUN_NDJSON)
		lun_out_char(out, '\n');
	s->any = true;
}

void lun_stream_entry(
	struct lun_stream *s, struct lun_out *out, const uint8_t *key, const uint8_t *value)
{
	s->left--;
	if (s->format == LUN_CSV)
		lun_csv_entry(s, out, key, value);
	else if (s->format == LUN_TABLE)
		lun_table_entry(s, out, key, value);
	else
		write_json(s, out, key, value);
}

static void write_start(struct lun_stream *s, struct lun_out *out)
{
	if (s->format == LUN_JSON)
		lun_out_char(out, '[');
	else if (s->format == LUN_CSV)
		lun_csv_header(s, out);
}

/* Decides on the first batch who reads the rest of the map. */
static void share_rest(struct lun_stream *s)
{
	if (s->threads > 1 && !s->ended && lun_stream_team_open(s))
		s->threads = 1;
	s->ahead.alone = s->threads > 1;
}

/* Writes another batch in the map's order. */
static int write_batch(struct lun_stream *s, struct lun_out *out)
{
	int count;

	if (s->team)
		return lun_stream_team_write(s, out);
	if (!s->threads)
		s->threads = lun_stream_threads(s);
	s->ahead.alone = s->threads > 1;
	count = lun_prefetch_next(&s->ahead);

	for (int i = 0; i < count && s->left; i++) {
		const uint8_t *key = lun_prefetch_key(&s->ahead, (uint32_t)i);
		const uint8_t *value = lun_prefetch_value(&s->ahead, (uint32_t)i);

		if (lun_filter_passes(&s->where, key, value))
			lun_stream_entry(s, out, key, value);
	}
	s->ended = s->ahead.done;
	if (s->ended) { /* the prefetching thread has ended, too */
		s->restarted = s->ahead.cur.restarted;
		s->truncated = s->ahead.cur.truncated;
	}
	if (count >= 0)
		share_rest(s);
	return count < 0 ? count : 0;
}

/* Writes the entry of one key. */
static int write_only(struct lun_stream *s, struct lun_out *out)
{
	const struct lun_map *map = &s->ahead.cur.map;
	uint8_t *value = malloc((size_t)map->value_bytes + 1);
	int err = value ? lun_map_lookup(map, s->only, value) : -ENOMEM;

	if (!err)
		lun_stream_entry(s, out, s->only, value);
	free(value);
	s->ended = true;
	return err;
}

/* Reads another batch; after the last one sorts the rows. */
static int read_rows(struct lun_stream *s)
{
	struct lun_map_top *sel = s->sorted;
	int more = lun_map_top_step(sel);

	if (more)
		return more < 0 ? more : 0;
	s->at = 0;
	s->restarted |= sel->restarted;
	s->truncated |= sel->truncated;
	return lun_map_top_sort(sel);
}

static int write_rows(struct lun_stream *s, struct lun_out *out)
{
	struct lun_map_top *sel = s->sorted;

	if (!sel->sorted)
		return read_rows(s);
	for (int i = 0; i < ROWS && s->left && s->at < sel->rows.nr; i++, s->at++)
		lun_stream_entry(
			s, out, lun_map_top_key(sel, s->at), lun_map_top_value(sel, s->at));
	if (!s->left || s->at < sel->rows.nr)
		return 0;
	s->ended = !lun_map_top_more(sel) || !sel->rows.nr;
	return s->ended ? 0 : lun_map_top_again(sel);
}

static int stream_pull(struct lun_source *source, struct lun_out *out)
{
	struct lun_stream *s = (struct lun_stream *)source;
	int err;

	if (s->finished)
		return 0;
	if (!s->started)
		write_start(s, out);
	s->started = true;
	if (s->only)
		err = write_only(s, out);
	else
		err = s->sorted ? write_rows(s, out) : write_batch(s, out);
	if (err)
		return err;
	s->finished = s->ended || !s->left;
	if (s->finished && s->format == LUN_JSON)
		lun_out_mem(out, "]\n", 2);
	if (s->finished && s->format == LUN_TABLE)
		lun_table_flush(s, out);
	return s->finished ? 0 : 1;
}

static const char *stream_note(const struct lun_source *source)
{
	const struct lun_stream *s = (const struct lun_stream *)source;

	if (!s->finished)
		return NULL;
	if (s->truncated)
		return "Reading was cut short: the map grew while it was read.";
	if (s->restarted)
		return "The map changed while it was read: entries may be missing or double.";
	return NULL;
}

static int open_reading(struct lun_stream *s, const struct lun_map *map, bool sorted)
{
	if (!sorted)
		return lun_prefetch_open(&s->ahead, map);
	s->sorted = calloc(1, sizeof(*s->sorted));
	return s->sorted ? lun_map_top_open(s->sorted, map, UINT32_MAX, SORTED_BYTES) : -ENOMEM;
}

int lun_stream_open(struct lun_stream **stream, const struct lun_map *map,
	const struct lun_entry_format *view, enum lun_stream_format format, bool sorted)
{
	struct lun_stream *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->source = (struct lun_source){ stream_pull, stream_close, stream_note };
	s->format = format;
	lun_ctx_init(&s->ctx);
	lun_filter_init(&s->where);
	s->left = UINT64_MAX;
	err = open_reading(s, map, sorted);
	if (!err)
		err = lun_entry_format_init(&s->view, map, view->key, view->value, view->reduce);
	if (!err && (format == LUN_JSON || format == LUN_NDJSON))
		s->template = lun_entry_template_new(&s->view);
	if (!err && (format == LUN_CSV || format == LUN_TABLE))
		err = lun_csv_columns(s);
	if (err) {
		stream_close(&s->source);
		return err;
	}
	*stream = s;
	return 0;
}
