#pragma once
/*
 * A page of metrics: families, and for each the views that give its samples. It is built by
 * one thread, does not change once it is ready (or sealed), and may then be written any number
 * of times, in either format, by several threads; it goes with its last reference. A page with
 * a stream in it can be written once.
 */
#include "metric/exported.h"
#include "text/source.h"

struct lun_page;

/* Where a label's value comes from: a constant, or the tally's label of that index. */
struct lun_metric_view_label {
	const char *name;
	const char *value; /* NULL: index tells */
	size_t index;
};

enum lun_metric_shape {
	LUN_METRIC_PLAIN_SHAPE,
	LUN_METRIC_HISTOGRAM_SHAPE,
	LUN_METRIC_SUMMARY_SHAPE
};

/* How a selection's cells become a family's samples.
 * Plain: cell `cell`. Histogram: n_bounds + 1 cells from `cell` on are counts (not yet summed
 * up) of the buckets that end at each bound and of the rest; cell `sum`, if not negative, is
 * the sum. Summary: `cell` counts, `sum` as above, and the cells after `cell` are the
 * quantiles named by bounds. */
struct lun_metric_view {
	enum lun_metric_shape shape;
	const struct lun_metric_view_label *labels; /* in the order to write them */
	size_t n_labels;
	size_t cell;
	double divisor; /* of plain cells, quantiles and of the sum; 1: none */
	const double *bounds;
	size_t n_bounds;
	int sum;
	bool one; /* whatever the cell holds, the value is 1 (info) */
};

struct lun_page *lun_page_new(void);
struct lun_page *lun_page_ref(struct lun_page *page);
void lun_page_unref(struct lun_page *page);

/* A family of that head, sorted by name. All is copied. Returns its number, or -ENOMEM; -EEXIST
 * when the page has one of that name, -EBUSY when its place may have been written already,
 * -EPIPE when the page is sealed (what is added to such a page is dropped). */
int lun_page_family(struct lun_page *page, const struct lun_metric_head *head);
/* Adds a view of a selection (which it takes a reference of); all else is copied. */
int lun_page_view(struct lun_page *page, int family, struct lun_exported *sel,
	const struct lun_metric_view *view);
/* Adds samples that are made while they are read; the page owns the source from then on, also
 * when it fails. */
int lun_page_stream(struct lun_page *page, int family, struct lun_source *source);
/* Its samples are still to come: until lun_page_ready, what writes the page stops behind the
 * family's head with -EAGAIN, and goes on from there. */
void lun_page_pending(struct lun_page *page, int family);
/* The same of families yet unknown: all from that name on, up to lun_page_ready. 0, -ENOMEM. */
int lun_page_hold(struct lun_page *page, const char *name);
/* What comes at the page's end, in place of what did before; it is not changed any more. */
void lun_page_tail(struct lun_page *page, struct lun_page *tail);
/* All that was pending is there, or never will be. */
void lun_page_ready(struct lun_page *page);
/* It is written as it is, from any thread, while the one who builds it is still at it: what that
 * one adds is dropped. false: it is ready, and whole. */
bool lun_page_seal(struct lun_page *page);
bool lun_page_sealed(struct lun_page *page);
size_t lun_page_families(const struct lun_page *page);
bool lun_page_streams(const struct lun_page *page);
/* How many samples the views have. */
size_t lun_page_size(const struct lun_page *page);
/* The page as text, while it is read; holds a reference. NULL when memory is short. */
struct lun_source *lun_page_source(struct lun_page *page, enum lun_metric_format format);
