#include "metric/top_groups.h"

#include <errno.h>
#include <stdlib.h>

#include "metric/group_order.h"

enum { PRUNE_ABOVE = 16384 }; /* groups with labels, before the greatest of them are kept */

struct lun_top_groups {
	struct lun_groups *totals;
	size_t keep, by;
	bool sums, shrank;
	int64_t group; /* the group looked up last; negative: none */
	uint64_t hash;
	struct lun_metric_number least; /* smaller groups are not among the largest */
};

struct lun_top_groups *lun_top_groups_new(
	struct lun_groups *totals, size_t keep, size_t by, bool sums)
{
	struct lun_top_groups *r = calloc(1, sizeof(*r));

	if (!r) {
		lun_groups_free(totals);
		return NULL;
	}
	r->totals = totals;
	r->keep = keep;
	r->by = by;
	r->sums = sums;
	r->group = -1;
	return r;
}

void lun_top_groups_free(struct lun_top_groups *r)
{
	if (!r)
		return;
	lun_groups_free(r->totals);
	free(r);
}

int64_t lun_top_groups_group(struct lun_top_groups *r, uint64_t hash)
{
	r->hash = hash;
	r->group = lun_groups_group_of(r->totals, hash);
	return r->group;
}

int lun_top_groups_add(
	struct lun_top_groups *r, size_t group, size_t cell, struct lun_metric_number v)
{
	if (cell == r->by && r->sums)
		r->shrank |= !(lun_metric_number_double(v) >= 0);
	return lun_groups_add(r->totals, group, cell, v);
}

static int prune(struct lun_groups *t, struct lun_top_groups *r)
{
	struct lun_rank by = { r->by, 1 };
	int err = lun_groups_prune(t, r->keep, by);

	r->least = lun_groups_get(t, 0, r->by);
	for (size_t i = 1; i < lun_groups_size(t); i++) {
		struct lun_metric_number v = lun_groups_get(t, i, r->by);

		if (lun_number_compare(v, r->least) < 0)
			r->least = v;
	}
	return err;
}

static int keep_labels(struct lun_groups *t, struct lun_top_groups *r)
{
	int64_t group = lun_groups_group_of(t, r->hash);

	if (group < 0)
		return (int)group;
	for (size_t cell = 0; cell < lun_groups_cells(t); cell++) {
		struct lun_metric_number v = lun_groups_get(r->totals, (size_t)r->group, cell);

		if (v.kind)
			lun_groups_set(t, (size_t)group, cell, v);
	}
	return lun_groups_size(t) > PRUNE_ABOVE + 16 * r->keep ? prune(t, r) : 0;
}

int lun_top_groups_settle(struct lun_groups *t, struct lun_top_groups *r)
{
	struct lun_metric_number v;
	int err = 0;

	if (r->group < 0)
		return 0;
	v = lun_groups_get(r->totals, (size_t)r->group, r->by);
	if (!r->least.kind || lun_number_compare(v, r->least) >= 0)
		err = keep_labels(t, r);
	r->group = -1;
	return err;
}

int lun_top_groups_end(struct lun_top_groups *r, size_t *groups, uint64_t *dropped)
{
	int err = r->shrank ? -EDOM : 0;

	*groups += lun_groups_size(r->totals);
	*dropped += lun_groups_dropped(r->totals);
	lun_top_groups_free(r);
	return err;
}
