#pragma once
/*
 * The series' values at the previous scrape, by rule. They show a counter's reset and when a series
 * last changed, and keep a sum from falling when entries leave the map. All VMs of the process
 * share it, since they take turns answering scrapes. It forgets a series not seen for an hour. Per
 * rule it holds 262,144 counters, and the last change of half a million series; further series
 * always count as new.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metric/format.h"
#include "metric/expiry.h"

/* One series: all zero when it is new. */
struct lun_past {
	uint64_t key;                  /* its hash; never 0 */
	double seen, created;          /* seconds since the epoch; created 0 while unknown */
	struct lun_metric_number last; /* as the map had it */
	struct lun_metric_number base; /* added to `last`, for entries that left */
};

struct lun_history;

/* The history of that name, locked: no other scrape has it until lun_history_close. A pass
 * that began before the last one ended has old numbers: it may look, but not note
 * (lun_history_stale). NULL when memory is short. */
struct lun_history *lun_history_open(const char *name, double pass_began);
void lun_history_close(struct lun_history *history, double now);
/* Unlocks it for other scrapes while the pass goes on. */
void lun_history_release(struct lun_history *history);
bool lun_history_stale(const struct lun_history *history);
/* When the pass before ended; 0 when this is the first. */
double lun_history_before(const struct lun_history *history);
/* The series of that key, made when it is new; NULL when memory is short or the history full,
 * or, for a stale pass, when there is none. Valid until the next call. */
struct lun_past *lun_history_past(struct lun_history *history, uint64_t key);
/* When series last changed; NULL when memory is short. */
struct lun_expiry *lun_history_expiry(struct lun_history *history);
/* Forgets all histories (a test's clean start). */
void lun_history_clear(void);
