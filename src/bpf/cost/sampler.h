#pragma once
/*
 * Costs of programs over time: each sample reads the kernel's counters of all programs and keeps
 * the differences in rings of a bounded length. The history of a freed program stays until it is
 * older than the ring. Many threads may use one sampler: every function takes its lock. The caller
 * decides when to sample.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/cost/value_history.h"
#include "text/out.h"

struct lun_sampler;

/* Keeps so many samples, and the history of so many programs that ran. NULL without memory. */
struct lun_sampler *lun_sampler_new(uint32_t keep, uint32_t programs);
void lun_sampler_free(struct lun_sampler *s);
/* The process' own, made when first asked for and never freed; NULL without memory. */
struct lun_sampler *lun_sampler_shared(void);

/* Switches the kernel's run-time statistics on or off. The kernel counts only while they are
 * on, so that rates are over the time that they were. 0 or -errno. */
int lun_sampler_stats(struct lun_sampler *s, bool on);
/* Takes a sample. 0 or -errno. */
int lun_sampler_sample(struct lun_sampler *s);
/* Reads the counters only to compare the next sample with them: what happened since the last
 * one is left out. 0 or -errno. */
int lun_sampler_baseline(struct lun_sampler *s);
/* Forgets everything, also the baselines. */
void lun_sampler_clear(struct lun_sampler *s);

/* The runs of a program within a stretch of time in which the kernel counted them. */
struct lun_stretch {
	uint32_t id;    /* 0 for the sum of all */
	double time;    /* its end, seconds since the epoch */
	double seconds; /* how long the kernel counted in it */
	uint64_t runs;
	uint64_t ns;
	uint64_t misses;
};

/* The programs that ran in the newest sample, by id: fills at most `max`, returns how many
 * there are. */
size_t lun_sampler_rates(struct lun_sampler *s, struct lun_stretch *out, size_t max);
/* The newest stretch of one program (id 0: of all), zero when it did not run; false when
 * there is none yet: the first sample only counts after a baseline. */
bool lun_sampler_rate(struct lun_sampler *s, uint32_t id, struct lun_stretch *out);
/*
 * The history of one program (id 0: of all) from `from` to `to` in seconds since the epoch,
 * oldest first, merged so that there are at most `max` stretches. Returns how many.
 */
size_t lun_sampler_history(struct lun_sampler *s, uint32_t id, double from, double to,
	struct lun_stretch *out, size_t max);

/* The clock of all times here: seconds since the epoch. */
double lun_sampler_now(void);
/* Values by name, such as chosen entries of maps: see gauges.h. The time is now. */
int lun_sampler_put(struct lun_sampler *s, const char *name, double value);
size_t lun_sampler_values(struct lun_sampler *s, const char *name, double from, double to,
	struct lun_point *out, size_t max);
/* Appends the names that begin with `prefix`, each with its NUL. 0 or -ENOMEM. */
int lun_sampler_names(struct lun_sampler *s, const char *prefix, struct lun_out *names);

struct lun_sampler_state {
	bool stats;       /* on? */
	uint64_t samples; /* taken so far */
	uint32_t kept;    /* of them in memory */
	uint32_t keep;
	uint32_t programs; /* seen in the newest sample */
	uint32_t series;   /* programs with history */
	uint32_t dropped;  /* programs without, because there was no room */
	uint64_t cost_ns;  /* of our thread for the newest sample */
	uint64_t total_cost_ns;
	double oldest, newest; /* times of the samples kept; 0 for none */
};

void lun_sampler_state(struct lun_sampler *s, struct lun_sampler_state *state);
