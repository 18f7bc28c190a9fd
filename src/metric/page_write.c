#include "metric/page_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PULL_BYTES = 64 * 1024 };

/* A page that is being written: position and format. */
struct page_source {
	struct lun_source base;
	struct lun_page *page;
	enum lun_metric_format format;
	size_t family, view, place;
	size_t enough; /* bytes that end this pull */
	bool headed, ended;
};

/* Writes a sample's line up to its value. */
static void line(struct lun_out *out, const struct family *family, const struct view *view,
	size_t place, const char *suffix, const char *extra, double extra_value)
{
	const char *separator = "{";

	lun_out_str(out, family->head.name);
	lun_out_str(out, suffix);
	for (size_t i = 0; i < view->how.n_labels; i++) {
		const struct lun_metric_view_label *label = &view->how.labels[i];
		struct lun_slice value = { label->value, label->value ? strlen(label->value) : 0 };

		if (!label->value)
			value = lun_groups_label(
				view->exported->groups, view->exported->order[place], label->index);
		lun_out_str(out, separator);
		lun_out_str(out, label->name);
		lun_out_str(out, "=\"");
		lun_metric_chars(out, value.data, value.len);
		lun_out_char(out, '"');
		separator = ",";
	}
	if (extra) {
		lun_out_str(out, separator);
		lun_out_str(out, extra);
		lun_out_str(out, "=\"");
		lun_out_double(out, extra_value);
		lun_out_char(out, '"');
		separator = ",";
	}
	lun_out_str(out, *separator == ',' ? "} " : " ");
}

static void exemplar(struct lun_out *out, const struct page_source *src, const struct view *view,
	size_t place, double above, double upto)
{
	const struct lun_exported *exported = view->exported;
	double value;

	if (src->format != LUN_METRIC_OPEN || !view->how.exemplars || !exported->exemplar ||
		!exported->exemplar[place].len)
		return;
	value = exported->exemplar_value[place];
	if (!(value > above && value <= upto))
		return;
	lun_out_str(out, " # {");
	lun_out_mem(out, exported->exemplar[place].data, exported->exemplar[place].len);
	lun_out_str(out, "} ");
	lun_out_double(out, value);
}

/* The start time of the youngest of the sample's cells; 0: unknown. */
static double when_created(const struct view *view, size_t place)
{
	const struct lun_exported *exported = view->exported;
	size_t n = view->how.shape == LUN_METRIC_HISTOGRAM_SHAPE ? view->how.n_bounds + 1 : 1;
	const double *cells = exported->created;
	double latest = 0;

	if (!cells)
		return 0;
	cells += place * lun_groups_cells(exported->groups) + view->how.cell;
	for (size_t i = 0; i < n; i++)
		latest = cells[i] > latest ? cells[i] : latest;
	return latest;
}

static void created(struct lun_out *out, const struct page_source *src, const struct family *family,
	const struct view *view, size_t place)
{
	double when = when_created(view, place);

	if (src->format != LUN_METRIC_OPEN || when <= 0 || family->head.type == LUN_METRIC_GAUGE)
		return;
	line(out, family, view, place, "_created", NULL, 0);
	lun_out_printf(out, "%.3f\n", when);
}

static struct lun_metric_number cell_of(const struct view *view, size_t place, size_t cell)
{
	return lun_groups_get(view->exported->groups, view->exported->order[place], cell);
}

static void plain_sample(struct lun_out *out, const struct page_source *src,
	const struct family *family, const struct view *view, size_t place)
{
	struct lun_metric_number v = cell_of(view, place, view->how.cell);

	if (!v.kind)
		return;
	line(out, family, view, place, lun_metric_suffix(family->head.type), NULL, 0);
	if (view->how.one)
		lun_out_char(out, '1');
	else
		lun_metric_number_write(out, v, view->how.divisor);
	if (family->head.type == LUN_METRIC_COUNTER)
		exemplar(out, src, view, place, -INFINITY, INFINITY);
	lun_out_char(out, '\n');
	created(out, src, family, view, place);
}

static void sum_sample(
	struct lun_out *out, const struct family *family, const struct view *view, size_t place)
{
	if (view->how.sum < 0)
		return;
	line(out, family, view, place, "_sum", NULL, 0);
	lun_metric_number_write(
		out, cell_of(view, place, (size_t)view->how.sum), view->how.divisor);
	lun_out_char(out, '\n');
}

static void count_sample(struct lun_out *out, const struct family *family, const struct view *view,
	size_t place, struct lun_metric_number count)
{
	line(out, family, view, place, "_count", NULL, 0);
	lun_metric_number_write(out, count, 1);
	lun_out_char(out, '\n');
}

/* A cell as a whole count: cumulative bucket counts must not fall. */
static struct lun_metric_number count_of(struct lun_metric_number v)
{
	double f = lun_metric_number_double(v);
	struct lun_metric_number count = { .kind = LUN_NUMBER_U64 };

	if (v.kind == LUN_NUMBER_U64 || f >= 0x1p64)
		return v;
	count.u64 = f > 0 ? (uint64_t)f : 0;
	return count;
}

/* OpenMetrics requires _sum and _count both or neither in a histogram; neither when a bucket is
 * negative. */
static bool has_sum(const struct view *view, size_t place)
{
	if (view->how.sum < 0 || (view->how.n_bounds && view->how.bounds[0] < 0))
		return false;
	return lun_metric_number_double(cell_of(view, place, (size_t)view->how.sum)) >= 0;
}

static void histogram_samples(struct lun_out *out, const struct page_source *src,
	const struct family *family, const struct view *view, size_t place)
{
	struct lun_metric_number total = { .kind = LUN_NUMBER_U64 };
	double above = -INFINITY;

	for (size_t i = 0; i <= view->how.n_bounds; i++) {
		double upto = i < view->how.n_bounds ? view->how.bounds[i] : INFINITY;

		total = lun_number_sum(total, count_of(cell_of(view, place, view->how.cell + i)));
		line(out, family, view, place, "_bucket", "le", upto);
		lun_metric_number_write(out, total, 1);
		exemplar(out, src, view, place, above, upto);
		lun_out_char(out, '\n');
		above = upto;
	}
	if (src->format != LUN_METRIC_OPEN || has_sum(view, place)) {
		count_sample(out, family, view, place, total);
		sum_sample(out, family, view, place);
	}
	created(out, src, family, view, place);
}

static void summary_samples(struct lun_out *out, const struct page_source *src,
	const struct family *family, const struct view *view, size_t place)
{
	for (size_t i = 0; i < view->how.n_bounds; i++) {
		line(out, family, view, place, "", "quantile", view->how.bounds[i]);
		lun_metric_number_write(
			out, cell_of(view, place, view->how.cell + 1 + i), view->how.divisor);
		lun_out_char(out, '\n');
	}
	count_sample(out, family, view, place, count_of(cell_of(view, place, view->how.cell)));
	if (src->format != LUN_METRIC_OPEN || has_sum(view, place))
		sum_sample(out, family, view, place);
	created(out, src, family, view, place);
}

static void sample(struct lun_out *out, const struct page_source *src, const struct family *family,
	const struct view *view, size_t place)
{
	switch (view->how.shape) {
	case LUN_METRIC_PLAIN_SHAPE:
		plain_sample(out, src, family, view, place);
		break;
	case LUN_METRIC_HISTOGRAM_SHAPE:
		histogram_samples(out, src, family, view, place);
		break;
	case LUN_METRIC_SUMMARY_SHAPE:
		summary_samples(out, src, family, view, place);
		break;
	}
}

/* Writes a part of the current view. 1: there is more; 0: it is complete. */
static int pull_view(struct page_source *src, struct lun_out *out, const struct family *family)
{
	const struct view *view = &family->views[src->view];

	if (view->stream)
		return view->stream->pull(view->stream, out);
	while (src->place < view->exported->size) {
		sample(out, src, family, view, src->place++);
		if (out->len >= src->enough)
			return 1;
	}
	return 0;
}

/* True when the family has no samples. */
static bool is_empty(const struct family *family)
{
	for (size_t i = 0; i < family->n_views; i++) {
		if (family->views[i].stream || family->views[i].exported->size)
			return false;
	}
	return true;
}

/* Writes a part of the current family. 1: there is more; 0: it is complete. */
static int pull_family(struct page_source *src, struct lun_out *out)
{
	const struct family *family = &src->page->families[src->family];
	int more;

	if (is_empty(family))
		return 0;
	if (!src->headed) {
		lun_metric_head_write(out, src->format, &family->head);
		src->headed = true;
	}
	if (src->view == family->n_views)
		return 0;
	more = pull_view(src, out, family);
	if (more)
		return more;
	src->view++;
	src->place = 0;
	return 1;
}

static int page_pull(struct lun_source *base, struct lun_out *out)
{
	struct page_source *src = (struct page_source *)base;

	src->enough = out->len + PULL_BYTES;
	while (src->family < src->page->size) {
		int more = pull_family(src, out);

		if (more < 0)
			return more;
		if (!more) {
			src->family++;
			src->view = 0;
			src->headed = false;
		}
		if (out->len >= src->enough)
			return 1;
	}
	if (!src->ended)
		lun_metric_eof(out, src->format);
	src->ended = true;
	return out->err;
}

static void page_close(struct lun_source *base)
{
	struct page_source *src = (struct page_source *)base;

	lun_page_unref(src->page);
	free(src);
}

struct lun_source *lun_page_source(struct lun_page *page, enum lun_metric_format format)
{
	struct page_source *src = calloc(1, sizeof(*src));

	if (!src)
		return NULL;
	src->base.pull = page_pull;
	src->base.close = page_close;
	src->page = lun_page_ref(page);
	src->format = format;
	return &src->base;
}
