#pragma once
/*
 * Numbers by label set, merged as they come (sum, min, max, …). One scan of a map fills it; every
 * metric of the rule is a view of it (page.h). It belongs to one thread.
 *
 * A group is one set of label values. It has a row of cells: one for a metric, or one for a
 * bucket. Groups are numbered from 0 in order of appearance; their number is bounded.
 */
#include "metric/format.h"

enum lun_merge { LUN_MERGE_SUM, LUN_MERGE_MIN, LUN_MERGE_MAX, LUN_MERGE_LAST, LUN_MERGE_FIRST };

struct lun_slice {
	const char *data;
	size_t len;
};

struct lun_groups;

/* The number that groups are ordered by: a cell, or the sum of several (a histogram's count). */
struct lun_rank {
	size_t cell, n_cells;
};

/* merge has n_cells items. At most `limit` groups are kept. NULL when memory is short. */
struct lun_groups *lun_groups_new(
	size_t n_labels, size_t n_cells, const enum lun_merge *merge, size_t limit);
void lun_groups_free(struct lun_groups *groups);

/* The group of those label values (n_labels of them), made when it is new. -ENOSPC: the limit
 * is reached, the values are counted as dropped; -ENOMEM. */
int64_t lun_groups_group(struct lun_groups *groups, const struct lun_slice *labels);
/* Merges a number into a cell. -EEXIST when the cell is LUN_MERGE_FIRST and taken. */
int lun_groups_add(
	struct lun_groups *groups, size_t group, size_t cell, struct lun_metric_number v);

/* Forgets the newest group. */
void lun_groups_pop(struct lun_groups *groups);
/* Forgets all groups but the `keep` greatest. Only for groups that are complete: none of
 * them gets another number. 0, -ENOMEM. */
int lun_groups_prune(struct lun_groups *groups, size_t keep, struct lun_rank by);
/* Before the first number: keep the labels of the `keep` greatest groups by a cell only. All
 * groups keep their numbers. Exact where that cell only grows: sums of numbers that are not
 * negative, or maxima. A group among the greatest at the end is among them when its last number
 * comes, and that is when its labels are kept. Until lun_groups_settle, a group's number is good
 * for lun_groups_add only. 0, -ENOMEM. */
int lun_groups_rank(struct lun_groups *groups, size_t keep, size_t by);
/* Ends that. 0; -EDOM when a number was negative, so that the greatest are unknown; -ENOMEM. */
int lun_groups_settle(struct lun_groups *groups);
/* Forgets all groups; keeps the counts of dropped and cut. */
void lun_groups_clear(struct lun_groups *groups);
/* How many groups prune and rank forgot. */
size_t lun_groups_pruned(const struct lun_groups *groups);

size_t lun_groups_labels(const struct lun_groups *groups);
size_t lun_groups_cells(const struct lun_groups *groups);
size_t lun_groups_size(const struct lun_groups *groups);
/* How many times a new group was refused, and how many label values were cut short. */
uint64_t lun_groups_dropped(const struct lun_groups *groups);
uint64_t lun_groups_cut(const struct lun_groups *groups);
/* The value of a label of a group. */
struct lun_slice lun_groups_label(const struct lun_groups *groups, size_t group, size_t label);
/* All label values of a group as the bytes they are compared by. */
struct lun_slice lun_groups_key(const struct lun_groups *groups, size_t group);
/* A cell, kind LUN_NUMBER_NONE while nothing was added. */
struct lun_metric_number lun_groups_get(const struct lun_groups *groups, size_t group, size_t cell);
/* Replaces what a cell holds. */
void lun_groups_set(
	struct lun_groups *groups, size_t group, size_t cell, struct lun_metric_number v);
/* a + b: exact where an integer holds it, else a double. */
struct lun_metric_number lun_number_sum(struct lun_metric_number a, struct lun_metric_number b);
/* Eight bytes at a time, mixed by multiplication. */
uint64_t lun_metric_hash(const char *data, size_t len);
uint64_t lun_groups_hash(const struct lun_groups *groups, size_t group);
