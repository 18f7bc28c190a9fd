#pragma once
/*
 * Which of a rule's groups are exported (the cardinality budget), in which order, and what their
 * counters are since earlier scrapes. It owns its groups and is reference-counted: each view of
 * the rule holds it, and two scrapes may.
 */
#include "metric/history.h"
#include "metric/groups.h"

enum lun_reset {
	LUN_RESET_SHOW, /* a counter that fell has restarted: its _created shows it */
	LUN_RESET_HOLD, /* entries left the map: their counts stay in the sum */
};

struct lun_export_opts {
	const char *rule;  /* names the history; NULL: nothing is remembered */
	double began, now; /* of the scan; seconds since the epoch */
	double expire;     /* seconds without change after which a series is left out; 0: never */
	size_t top;        /* this many groups, the greatest; 0: all */
	struct lun_rank by;
	size_t max;          /* never more than this many groups */
	const bool *counter; /* by cell: watched for resets; NULL: none */
	enum lun_reset reset;
};

/* Whether a group changed within `expire` seconds; notes its values. */
bool lun_series_fresh(struct lun_history *history, const struct lun_groups *groups, size_t group,
	double now, double expire);

struct lun_exported {
	int refs;
	struct lun_groups *groups;
	uint32_t *order; /* groups, sorted by their labels */
	size_t size;
	double *created;          /* by place in order and cell, 0: unknown; NULL: all unknown */
	struct lun_out *exemplar; /* by place in order: text; NULL: none */
	double *exemplar_value;
	size_t cut_top, cut_max, cut_expired; /* how many groups were left out, and why */
};

/* Takes the groups over, also when it fails (NULL: memory is short). One reference is the
 * caller's. */
struct lun_exported *lun_exported_new(
	struct lun_groups *groups, const struct lun_export_opts *opts);
struct lun_exported *lun_exported_ref(struct lun_exported *exported);
void lun_exported_unref(struct lun_exported *exported);
/* Gives a series an exemplar: `labels` is the text between its braces. 0, -ENOMEM. */
int lun_exported_exemplar(
	struct lun_exported *exported, size_t place, const struct lun_out *labels, double value);
