#include "bpf/read/map_top_team.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/read/team.h"

enum { SPARE = 64 }; /* rows, as lun_map_top has */

struct lun_map_top_team {
	struct lun_team *team;
	struct lun_map_top *parts[LUN_TEAM_MAX];
	uint32_t nr;
	struct lun_out nothing;
};

uint32_t lun_map_top_threads(const struct lun_map_top *sel)
{
	uint32_t nr;

	if (sel->sort.made || lun_filter_calls(&sel->where))
		return 1;
	nr = lun_team_size(&sel->ahead.cur.map);
	/* the rows of all threads together must fit, none may be dropped that has a place */
	return 2 * (uint64_t)sel->limit + SPARE <= sel->bytes / (nr + 1) / sel->rows.size ? nr : 1;
}

static int select_from(
	void *member, const struct lun_range *range, uint32_t count, struct lun_out *out)
{
	struct lun_map_top *part = member;
	int err = 0;

	(void)out;
	for (uint32_t i = 0; i < count && !err; i++)
		err = lun_map_top_take(part, lun_range_key(range, i), lun_range_value(range, i));
	return err;
}

/* A part has the selection's map, cells and conditions, and rows and states of its own. */
static int add_part(struct lun_map_top *sel, struct lun_map_top_team *team)
{
	struct lun_map_top *part = malloc(sizeof(*part));

	if (!part)
		return -ENOMEM;
	*part = *sel;
	part->team = NULL;
	part->seen = part->matched = part->remaining = 0;
	part->full = false;
	part->bytes = sel->bytes / (sel->threads + 1);
	memset(&part->rows, 0, sizeof(part->rows));
	lun_column_reader_init(&part->reader);
	lun_column_reader_init(&part->where.reader);
	lun_map_top_lay_out(part);
	team->parts[team->nr++] = part;
	return 0;
}

int lun_map_top_team_open(struct lun_map_top *sel)
{
	const struct lun_cursor *cur = &sel->ahead.cur;
	int err = 0;

	if (!cur->by_batch)
		return -EOPNOTSUPP;
	sel->team = calloc(1, sizeof(*sel->team));
	if (!sel->team)
		return -ENOMEM;
	for (uint32_t i = 0; !err && i < sel->threads; i++)
		err = add_part(sel, sel->team);
	if (!err)
		err = lun_team_open(&sel->team->team, &cur->map,
			lun_ranges_position(&cur->map, cur->position), cur->seen, select_from,
			(void *const *)sel->team->parts, sel->team->nr);
	if (err)
		lun_map_top_team_close(sel);
	return err;
}

void lun_map_top_team_close(struct lun_map_top *sel)
{
	struct lun_map_top_team *team = sel->team;

	sel->team = NULL;
	if (!team)
		return;
	lun_team_close(team->team);
	for (uint32_t i = 0; i < team->nr; i++) {
		lun_column_reader_free(&team->parts[i]->reader);
		lun_column_reader_free(&team->parts[i]->where.reader);
		lun_top_rows_free(&team->parts[i]->rows);
		free(team->parts[i]);
	}
	lun_out_free(&team->nothing);
	free(team);
}

int lun_map_top_team_step(struct lun_map_top *sel)
{
	struct lun_map_top_team *team = sel->team;
	int more = lun_team_next(team->team, &team->nothing), err = 0;

	if (more)
		return more;
	for (uint32_t i = 0; i < team->nr && !err; i++)
		err = lun_map_top_merge(sel, team->parts[i]);
	lun_map_top_team_close(sel);
	sel->shared = sel->ahead.done = true;
	return err;
}
