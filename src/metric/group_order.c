#include "metric/group_order.h"

#include <stdlib.h>
#include <string.h>

struct ranking {
	const struct lun_groups *groups;
	struct lun_rank by;
};

int lun_number_compare(struct lun_metric_number a, struct lun_metric_number b)
{
	double x = lun_metric_number_double(a), y = lun_metric_number_double(b);

	if (a.kind == LUN_NUMBER_U64 && b.kind == LUN_NUMBER_U64)
		return (a.u64 > b.u64) - (a.u64 < b.u64);
	if (a.kind == LUN_NUMBER_I64 && b.kind == LUN_NUMBER_I64)
		return (a.i64 > b.i64) - (a.i64 < b.i64);
	return (x > y) - (x < y);
}

struct lun_metric_number lun_groups_ranked(
	const struct lun_groups *groups, size_t group, struct lun_rank by)
{
	struct lun_metric_number v = lun_groups_get(groups, group, by.cell);

	if (by.n_cells == 1)
		return v;
	for (size_t i = 1; i < by.n_cells; i++)
		v = lun_number_sum(v, lun_groups_get(groups, group, by.cell + i));
	return v;
}

static int by_labels(const void *a, const void *b, void *arg)
{
	const struct lun_groups *t = arg;

	for (size_t i = 0; i < lun_groups_labels(t); i++) {
		struct lun_slice x = lun_groups_label(t, *(const uint32_t *)a, i);
		struct lun_slice y = lun_groups_label(t, *(const uint32_t *)b, i);
		int order = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);

		if (!order)
			order = (x.len > y.len) - (x.len < y.len);
		if (order)
			return order;
	}
	return 0;
}

/* Largest first; equal values by their labels, so that the order is stable between pages. */
static int by_rank(const void *a, const void *b, void *arg)
{
	const struct ranking *r = arg;
	int order = lun_number_compare(lun_groups_ranked(r->groups, *(const uint32_t *)b, r->by),
		lun_groups_ranked(r->groups, *(const uint32_t *)a, r->by));

	return order ? order : by_labels(a, b, (void *)r->groups);
}

/* Moves order[i] down in a heap whose root is the smallest. */
static void sift_down(uint32_t *order, size_t i, size_t n, struct ranking *r)
{
	for (;;) {
		size_t child = 2 * i + 1;
		uint32_t moved = order[i];

		if (child >= n)
			return;
		if (child + 1 < n && by_rank(&order[child + 1], &order[child], r) > 0)
			child++;
		if (by_rank(&order[child], &moved, r) <= 0)
			return;
		order[i] = order[child];
		order[child] = moved;
		i = child;
	}
}

void lun_groups_top(
	const struct lun_groups *groups, uint32_t *order, size_t size, size_t n, struct lun_rank by)
{
	struct ranking ranking = { groups, by };
	struct lun_metric_number least;

	if (n >= size)
		return;
	/* A heap of n items: showing a hundred of a million needs no full sort. */
	for (size_t i = n / 2; i-- > 0;)
		sift_down(order, i, n, &ranking);
	least = lun_groups_ranked(groups, order[0], by);
	for (size_t i = n; i < size; i++) {
		int above = lun_number_compare(lun_groups_ranked(groups, order[i], by), least);

		if (above < 0 || (!above && by_labels(&order[i], &order[0], (void *)groups) >= 0))
			continue;
		order[0] = order[i];
		sift_down(order, 0, n, &ranking);
		least = lun_groups_ranked(groups, order[0], by);
	}
}

void lun_groups_by_labels(const struct lun_groups *groups, uint32_t *order, size_t size)
{
	qsort_r(order, size, sizeof(*order), by_labels, (void *)groups);
}
