#pragma once
/*
 * A page of metrics: families, and for each the views that give its samples. One thread builds
 * the page. After that it does not change: several threads may write it, any number of times,
 * in either format. The last reference frees it. A page with a stream in it can be written once.
 */
#include "metric/exported.h"
#include "text/source.h"

struct lun_page;

/* Where a label's value comes from: a constant, or the groups' label of that index. */
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

/* How the cells of exported groups become a family's samples.
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
	bool one;       /* whatever the cell holds, the value is 1 (info) */
	bool exemplars; /* its samples have the exported groups' exemplars */
};

struct lun_page *lun_page_new(void);
struct lun_page *lun_page_ref(struct lun_page *page);
void lun_page_unref(struct lun_page *page);

/* Adds a family; the page keeps families sorted by name and copies the head. Returns the family's
 * number, -EEXIST when the page has one of that name, or -ENOMEM. */
int lun_page_family(struct lun_page *page, const struct lun_metric_head *head);
/* Adds a view of exported groups. The page takes a reference of these and copies the rest. */
int lun_page_view(struct lun_page *page, int family, struct lun_exported *exported,
	const struct lun_metric_view *view);
/* Adds samples that are made while the page is read. The page owns the source, also on failure. */
int lun_page_stream(struct lun_page *page, int family, struct lun_source *source);
size_t lun_page_families(const struct lun_page *page);
bool lun_page_streams(const struct lun_page *page);
/* How many samples the views have. */
size_t lun_page_size(const struct lun_page *page);
/* The page as text, while it is read; holds a reference. NULL when memory is short. */
struct lun_source *lun_page_source(struct lun_page *page, enum lun_metric_format format);
