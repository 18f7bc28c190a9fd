#pragma once
/*
 * The greatest groups of a tally that has too many to keep the labels of all: the numbers of
 * every group by the hash of its labels, in a tally without keys; the labels, in the tally
 * itself, of those alone that may be among the greatest. Private to metric_tally.c and
 * metric_ranked.c.
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
/* Brings the group that was added to last, whose key is in the tally's scratch, up to date in
 * the tally if it may be among the greatest. 0, -ENOMEM. */
int lun_top_groups_settle(struct lun_groups *tally, struct lun_top_groups *ranked);
/* Frees it; adds how many groups there were and how many were refused. 0, -EDOM. */
int lun_top_groups_end(struct lun_top_groups *ranked, size_t *groups, uint64_t *dropped);

/* The group of the key that is in the tally's scratch. */
int64_t lun_groups_group_of(struct lun_groups *tally, uint64_t hash);
