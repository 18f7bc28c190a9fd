#pragma once
/*
 * Named values over time, such as chosen entries of a map: a bounded number of rings of a
 * bounded length. When there is no room for a new name, the one that was written least
 * recently makes place. Not locked: the sampler, which owns it, is.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LUN_VALUE_HISTORY_NAME = 200 };

struct lun_point {
	double time; /* seconds since the epoch */
	double value;
};

struct lun_value_history;

/* NULL without memory. */
struct lun_value_history *lun_value_history_new(uint32_t keep, uint32_t names);
void lun_value_history_free(struct lun_value_history *g);
/* 0, -EINVAL for a name that is empty or too long, -ENOMEM. */
int lun_value_history_put(struct lun_value_history *g, const char *name, double time, double value);
/* Points of a name from `from` to `to`, oldest first; of more than `max` the last of each
 * stretch. Returns how many, 0 also for an unknown name. */
size_t lun_value_history_read(const struct lun_value_history *g, const char *name, double from,
	double to, struct lun_point *out, size_t max);
/* The i-th name in order of their first writing, NULL at the end. */
const char *lun_value_history_name(const struct lun_value_history *g, size_t i);
void lun_value_history_clear(struct lun_value_history *g);
