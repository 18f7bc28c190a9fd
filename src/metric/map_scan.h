#pragma once
/*
 * One scan of a map: its entries' label values and numbers, by decode plans, into groups or
 * straight into text. No Lua runs in it. Columns say where a label or a number comes from;
 * cells say where a number goes.
 */
#include "bpf/read/cursor.h"
#include "bpf/decode/value.h"
#include "metric/exported.h"
#include "text/source.h"

enum lun_map_scan_from { LUN_FROM_CONST, LUN_FROM_KEY, LUN_FROM_VALUE, LUN_FROM_CPU };

/* Bytes as a text without a plan, as the seeds format them. */
enum lun_map_scan_raw { LUN_RAW_NONE, LUN_RAW_HEX, LUN_RAW_STRING, LUN_RAW_NUMBER };

struct lun_map_scan_column {
	enum lun_map_scan_from from;
	enum lun_map_scan_raw raw;
	struct lun_pick pick; /* by plan, unless raw */
	uint8_t reduce;       /* of the CPUs' values, where no cpu label parts them */
	bool counts;          /* never below zero */
	char *text;           /* of a constant */
};

enum lun_map_scan_goes {
	LUN_GOES_NUMBER,  /* into `cell` */
	LUN_GOES_ONE,     /* 1 into `cell`, for each entry */
	LUN_GOES_BUCKET,  /* into the cell that the number in `index` names */
	LUN_GOES_SLOTS,   /* an array of counts: each element into its cell */
	LUN_GOES_OBSERVE, /* 1 into the cell of the bucket that holds the number; it into `sum` */
};

struct lun_map_scan_cell {
	enum lun_map_scan_goes goes;
	struct lun_map_scan_column column;
	struct lun_map_scan_column index; /* LUN_GOES_BUCKET */
	int64_t first, sum_index; /* the index of the first bucket; of the one with the sum */
	bool has_sum_index;
	double *bounds; /* LUN_GOES_OBSERVE, and where buckets are named by them: n_cells - 1 */
	size_t cell, n_cells;
	int sum; /* a cell, or -1 */
};

struct lun_map_scan {
	struct lun_map map;           /* a handle of its own */
	struct lun_plan *key, *value; /* may be NULL where all columns are raw */
	struct lun_map_scan_column *labels;
	size_t n_labels;
	struct lun_map_scan_cell *cells;
	size_t n_cells;
	bool each_cpu;   /* a series for each CPU: a label is the CPU's number */
	bool skip_zero;  /* an entry whose first number is 0 is left out */
	double deadline; /* on the monotonic clock, in seconds; 0: none */
	size_t top;      /* not 0: each entry is a group; keep the greatest */
	struct lun_rank by;
	char *rule; /* not NULL: each entry is a group; leave out an entry that did not change
		     * for `expire` seconds, by the history of that rule */
	double began, expire;
	/* Called between batches when there are more than drain_above groups: empties the groups.
	 * May be NULL; a negative result ends the scan. */
	int (*drain)(void *arg);
	void *drain_arg;
	size_t drain_above;
	/* The outcome. */
	uint64_t entries, errors, expired;
	bool late, restarted, truncated;
	bool blurred;    /* a text's bytes behind its end differ: two entries may have one label */
	char error[160]; /* of the first entry that failed */
};

/* Frees what the struct owns (not itself). */
void lun_map_scan_free(struct lun_map_scan *scan);

/* Adds all entries to the groups. 0 or -errno; `late` when the deadline came first. */
int lun_map_scan_run(struct lun_map_scan *scan, struct lun_groups *groups);

/* The same as a source of sample lines, for maps too large to hold: a line for each number of the
 * first cell. The source owns `scan` (from malloc). Leaves out a label set that was there. */
struct lun_map_scan_text {
	const char *name;          /* of the sample */
	const char *const *labels; /* names, as the scan's labels */
	double divisor;
	uint64_t limit; /* at most so many lines */
	const char *rule;
};
struct lun_source *lun_map_scan_source(
	struct lun_map_scan *scan, const struct lun_map_scan_text *text);

/* For both: the numbers and labels of one entry. */
struct lun_map_scan_run {
	struct lun_map_scan *scan;
	struct lun_ctx ctx;
	struct lun_cursor cursor;
	struct lun_out text;         /* all label values of the entry */
	struct lun_slice *labels;    /* into it */
	struct lun_history *history; /* locked, while a batch is added; NULL: nothing expires */
};
int lun_map_scan_begin(struct lun_map_scan_run *run, struct lun_map_scan *scan);
void lun_map_scan_end(struct lun_map_scan_run *run);
/* The next batch: how many entries, 0 at the end (or late), or -errno. */
int lun_map_scan_next(struct lun_map_scan_run *run);
/* The labels of one entry; `cpu` is -1, or the CPU that is looked at. 0 or -ENOMEM. */
int lun_map_scan_labels(struct lun_map_scan_run *run, uint32_t entry, int cpu);
/* A column as a number; false (and noted) when it is none. */
bool lun_map_scan_number(struct lun_map_scan_run *run, const struct lun_map_scan_column *column,
	uint32_t entry, int cpu, struct lun_metric_number *number);
