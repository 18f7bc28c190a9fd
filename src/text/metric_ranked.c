#include "text/metric_ranked.h"

#include <errno.h>
#include <stdlib.h>

#include "text/metric_rank.h"

enum { PRUNE_ABOVE = 16384 }; /* groups with labels, before the greatest of them are kept */

struct lun_tally_ranked {
	struct lun_tally *totals;
	size_t keep, by;
	bool sums, shrank;
	int64_t group; /* the last one that was looked for; negative: none */
	uint64_t hash;
	struct lun_metric_number least; /* what is below it is not among the greatest */
};

struct lun_tally_ranked *lun_tally_ranked_new(
	struct lun_tally *totals, size_t keep, size_t by, bool sums)
{
	struct lun_tally_ranked *r = calloc(1, sizeof(*r));

	if (!r) {
		lun_tally_free(totals);
		return NULL;
	}
	r->totals = totals;
	r->keep = keep;
	r->by = by;
	r->sums = sums;
	r->group = -1;
	return r;
}

void lun_tally_ranked_free(struct lun_tally_ranked *r)
{
	if (!r)
		return;
	lun_tally_free(r->totals);
	free(r);
}

int64_t lun_tally_ranked_group(struct lun_tally_ranked *r, uint64_t hash)
{
	r->hash = hash;
	r->group = lun_tally_group_of(r->totals, hash);
	return r->group;
}

int lun_tally_ranked_add(
	struct lun_tally_ranked *r, size_t group, size_t cell, struct lun_metric_number v)
{
	if (cell == r->by && r->sums)
		r->shrank |= !(lun_metric_number_double(v) >= 0);
	return lun_tally_add(r->totals, group, cell, v);
}

static int prune(struct lun_tally *t, struct lun_tally_ranked *r)
{
	int err = lun_tally_prune(t, r->keep, r->by);

	r->least = lun_tally_get(t, 0, r->by);
	for (size_t i = 1; i < lun_tally_size(t); i++) {
		struct lun_metric_number v = lun_tally_get(t, i, r->by);

		if (lun_number_compare(v, r->least) < 0)
			r->least = v;
	}
	return err;
}

static int keep_labels(struct lun_tally *t, struct lun_tally_ranked *r)
{
	int64_t group = lun_tally_group_of(t, r->hash);

	if (group < 0)
		return (int)group;
	for (size_t cell = 0; cell < lun_tally_cells(t); cell++) {
		struct lun_metric_number v = lun_tally_get(r->totals, (size_t)r->group, cell);

		if (v.kind)
			lun_tally_set(t, (size_t)group, cell, v);
	}
	return lun_tally_size(t) > PRUNE_ABOVE + 16 * r->keep ? prune(t, r) : 0;
}

int lun_tally_ranked_settle(struct lun_tally *t, struct lun_tally_ranked *r)
{
	struct lun_metric_number v;
	int err = 0;

	if (r->group < 0)
		return 0;
	v = lun_tally_get(r->totals, (size_t)r->group, r->by);
	if (!r->least.kind || lun_number_compare(v, r->least) >= 0)
		err = keep_labels(t, r);
	r->group = -1;
	return err;
}

int lun_tally_ranked_end(struct lun_tally_ranked *r, size_t *groups, uint64_t *dropped)
{
	int err = r->shrank ? -EDOM : 0;

	*groups += lun_tally_size(r->totals);
	*dropped += lun_tally_dropped(r->totals);
	lun_tally_ranked_free(r);
	return err;
}
