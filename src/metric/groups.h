#pragma once
/*
 * A tally: numbers by label set, merged as they come (sum, min, max, ...). One pass over a
 * map fills one tally; every metric of the rule is a view of it (metric_page.h). It belongs
 * to one thread.
 *
 * A group is one set of label values and has a row of cells, one a metric, or one a bucket.
 * Groups are numbered from 0 in order of appearance; their number is bounded.
 */
#include "metric/format.h"

enum lun_merge { LUN_MERGE_SUM, LUN_MERGE_MIN, LUN_MERGE_MAX, LUN_MERGE_LAST, LUN_MERGE_FIRST };

struct lun_slice {
	const char *data;
	size_t len;
};

struct lun_groups;

/* merge has n_cells items. At most `limit` groups are kept. NULL when memory is short. */
struct lun_groups *lun_groups_new(
	size_t n_labels, size_t n_cells, const enum lun_merge *merge, size_t limit);
void lun_groups_free(struct lun_groups *tally);

/* The group of those label values (n_labels of them), made when it is new. -ENOSPC: the limit
 * is reached, the values are counted as dropped; -ENOMEM. */
int64_t lun_groups_group(struct lun_groups *tally, const struct lun_slice *labels);
/* Merges a number into a cell. -EEXIST when the cell is LUN_MERGE_FIRST and taken. */
int lun_groups_add(struct lun_groups *tally, size_t group, size_t cell, struct lun_metric_number v);

/* Forgets the group that was made last. */
void lun_groups_pop(struct lun_groups *tally);
/* Forgets all groups but the `keep` greatest by a cell. Only where no group gets more once it
 * was added. 0, -ENOMEM. */
int lun_groups_prune(struct lun_groups *tally, size_t keep, size_t by);
/* From now on (nothing was added yet) only the `keep` greatest groups by a cell are wanted: of the
 * others their numbers are kept, and no labels. Exact where that cell's numbers only grow, whether
 * they are summed up (and none is negative) or the greatest of them is taken: a group that is
 * among the greatest in the end is among them when its last number comes, with its labels. The
 * groups' numbers are good for lun_groups_add alone until lun_groups_settle. 0, -ENOMEM. */
int lun_groups_rank(struct lun_groups *tally, size_t keep, size_t by);
/* Ends that. 0; -EDOM when a number was negative: the greatest are not known; -ENOMEM. */
int lun_groups_settle(struct lun_groups *tally);
/* Forgets all groups, as they were taken elsewhere; what was counted beside them stays. */
void lun_groups_clear(struct lun_groups *tally);
/* How many groups were forgotten by either of the first two. */
size_t lun_groups_pruned(const struct lun_groups *tally);

size_t lun_groups_labels(const struct lun_groups *tally);
size_t lun_groups_cells(const struct lun_groups *tally);
size_t lun_groups_size(const struct lun_groups *tally);
/* How many times a new group was refused, and how many label values were cut short. */
uint64_t lun_groups_dropped(const struct lun_groups *tally);
uint64_t lun_groups_cut(const struct lun_groups *tally);
/* The value of a label of a group. */
struct lun_slice lun_groups_label(const struct lun_groups *tally, size_t group, size_t label);
/* All label values of a group as the bytes they are compared by. */
struct lun_slice lun_groups_key(const struct lun_groups *tally, size_t group);
/* A cell, kind LUN_NUMBER_NONE while nothing was added. */
struct lun_metric_number lun_groups_get(const struct lun_groups *tally, size_t group, size_t cell);
/* Replaces what a cell holds. */
void lun_groups_set(
	struct lun_groups *tally, size_t group, size_t cell, struct lun_metric_number v);
/* Eight bytes at a time, mixed by multiplication. */
uint64_t lun_metric_hash(const char *data, size_t len);
uint64_t lun_groups_hash(const struct lun_groups *tally, size_t group);
