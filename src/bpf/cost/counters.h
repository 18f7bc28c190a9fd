#pragma once
/*
 * Perf events of one program: each event is opened on every CPU; programs at the entry and exit
 * of the program (fentry, fexit) read it before and after each run. The counters own the events,
 * the probe and its links; closing releases them all.
 */
#include <stddef.h>
#include <stdint.h>

#include "probes/counters.h"

struct lun_counter_set;

enum { LUN_COUNTERS_WHY = 192 };

struct lun_counter_value {
	uint64_t count;
	uint64_t enabled; /* ns that the event was on */
	uint64_t running; /* ns that it had a counter of its own; less where events take turns */
};

/* The name of an event by its number from 0 on, NULL behind the last. */
const char *lun_counter_name(int event);
/* Its number, or -ENOENT. */
int lun_counter_find(const char *name);
/* Opens an event on this CPU and lets it go: 0 or -errno. */
int lun_counter_try(int event);

/* Counts from now on. 0 or -errno, with a sentence in `why`. -EOPNOTSUPP: the kernel has no
 * fentry for BPF programs; -ENODEV: the machine lacks the event; -ENODATA: no BTF. */
int lun_counters_open(struct lun_counter_set **counters, uint32_t prog_id, const int *events, int n,
	char why[LUN_COUNTERS_WHY]);
/* Sums over all CPUs since the opening; `values` has room for as many as were opened. */
int lun_counters_read(
	struct lun_counter_set *counters, uint64_t *runs, struct lun_counter_value *values);
void lun_counters_close(struct lun_counter_set *counters);
