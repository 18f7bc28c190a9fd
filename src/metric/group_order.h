#pragma once
/* The order of groups: which are the greatest, and how they are listed. */
#include "metric/groups.h"

/* Less than, equal to or greater than 0, exact between integers of one kind. */
int lun_number_compare(struct lun_metric_number a, struct lun_metric_number b);
/* The number that a group is ordered by. */
struct lun_metric_number lun_groups_ranked(
	const struct lun_groups *groups, size_t group, struct lun_rank by);
/* Puts the n greatest of `size` groups, to the front of order, in no order;
 * equal ones are chosen by their labels, so that a page does not flicker. n below size, else
 * nothing changes. */
void lun_groups_top(const struct lun_groups *groups, uint32_t *order, size_t size, size_t n,
	struct lun_rank by);
void lun_groups_by_labels(const struct lun_groups *groups, uint32_t *order, size_t size);
