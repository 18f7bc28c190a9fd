#pragma once
/*
 * The greatest groups, where there are too many to keep the labels of all. `totals` has the
 * numbers of every group by the hash of its labels, and no labels; the groups themselves have the
 * labels of candidates only. Private to groups.c and top_groups.c.
 */
#include "metric/groups.h"

struct lun_top_groups;

/* Takes totals over, also when it fails. */
struct lun_top_groups *lun_top_groups_new(
	struct lun_groups *totals, size_t keep, size_t by, bool sums);
void lun_top_groups_free(struct lun_top_groups *ranked);
/* The group of that hash among the totals, as lun_groups_group. */
int64_t lun_top_groups_group(struct lun_top_groups *ranked, uint64_t hash);
int lun_top_groups_add(
	struct lun_top_groups *ranked, size_t group, size_t cell, struct lun_metric_number v);
/* Brings the group that was added to last, whose key is in the groups's scratch, up to date in
 * the groups if it may be among the greatest. 0, -ENOMEM. */
int lun_top_groups_settle(struct lun_groups *groups, struct lun_top_groups *ranked);
/* Frees it; adds how many groups there were and how many were refused. 0, -EDOM. */
int lun_top_groups_end(struct lun_top_groups *ranked, size_t *groups, uint64_t *dropped);

/* The group of the key that is in the groups's scratch. */
int64_t lun_groups_group_of(struct lun_groups *groups, uint64_t hash);
