#include "bpf/read/stream_team.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/read/team.h"

/* Each thread has a copy of the stream, with a state of decoding of its own. */
struct lun_stream_team {
	struct lun_team *team;
	struct lun_stream *writers[LUN_TEAM_MAX];
	uint32_t nr;
	struct lun_out text;
};

uint32_t lun_stream_threads(const struct lun_stream *s)
{
	if (s->sorted || s->only || s->left != UINT64_MAX || s->format == LUN_TABLE)
		return 1;
	if (lun_entry_format_calls_lua(&s->view) || lun_filter_calls(&s->where))
		return 1;
	return lun_team_size(&s->ahead.cur.map);
}

static int write_range(
	void *member, const struct lun_range *range, uint32_t count, struct lun_out *out)
{
	struct lun_stream *s = member;

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *key = lun_range_key(range, i), *value = lun_range_value(range, i);

		if (lun_filter_passes(&s->where, key, value))
			lun_stream_entry(s, out, key, value);
	}
	return 0;
}

static int add_writer(struct lun_stream *s, struct lun_stream_team *team)
{
	struct lun_stream *writer = malloc(sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	*writer = *s;
	writer->any = true; /* a comma comes first */
	lun_ctx_init(&writer->ctx);
	lun_column_reader_init(&writer->where.reader);
	team->writers[team->nr++] = writer;
	return 0;
}

int lun_stream_team_open(struct lun_stream *s)
{
	const struct lun_cursor *cur = &s->ahead.cur;
	int err = 0;

	if (!cur->by_batch)
		return -EOPNOTSUPP;
	s->team = calloc(1, sizeof(*s->team));
	if (!s->team)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < s->threads; i++)
		err = add_writer(s, s->team);
	if (!err)
		err = lun_team_open(&s->team->team, &cur->map,
			lun_ranges_position(&cur->map, cur->position), cur->seen, write_range,
			(void *const *)s->team->writers, s->team->nr);
	if (err)
		lun_stream_team_close(s);
	return err;
}

void lun_stream_team_close(struct lun_stream *s)
{
	struct lun_stream_team *team = s->team;

	s->team = NULL;
	if (!team)
		return;
	lun_team_close(team->team);
	for (uint32_t i = 0; i < team->nr; i++) {
		lun_ctx_free(&team->writers[i]->ctx);
		lun_column_reader_free(&team->writers[i]->where.reader);
		free(team->writers[i]);
	}
	lun_out_free(&team->text);
	free(team);
}

int lun_stream_team_write(struct lun_stream *s, struct lun_out *out)
{
	struct lun_out *text = &s->team->text, old;
	int more = lun_team_next(s->team->team, text);
	/* A filter may have passed nothing yet: then the first comma is too much. */
	size_t skip = s->format == LUN_JSON && !s->any && text->len ? 2 : 0;

	if (more < 0)
		return more;
	s->any |= text->len > 0;
	if (!out->len && !skip) {
		old = *out;
		*out = *text;
		*text = old;
	} else if (text->len) {
		lun_out_mem(out, text->data + skip, text->len - skip);
	}
	lun_out_reset(text);
	s->ended = !more;
	return 0;
}
