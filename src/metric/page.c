#include "metric/page_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

struct lun_page *lun_page_new(void)
{
	struct lun_page *page = calloc(1, sizeof(*page));

	if (page)
		page->refs = 1;
	return page;
}

struct lun_page *lun_page_ref(struct lun_page *page)
{
	__atomic_add_fetch(&page->refs, 1, __ATOMIC_RELAXED);
	return page;
}

static void free_view(struct view *view)
{
	for (size_t i = 0; i < view->how.n_labels; i++) {
		free((char *)view->how.labels[i].name);
		free((char *)view->how.labels[i].value);
	}
	free((void *)view->how.labels);
	free((void *)view->how.bounds);
	lun_exported_unref(view->exported);
	if (view->stream)
		view->stream->close(view->stream);
}

static void free_head(struct lun_metric_head *head)
{
	free((char *)head->name);
	free((char *)head->help);
	free((char *)head->unit);
}

void lun_page_unref(struct lun_page *page)
{
	if (!page || __atomic_sub_fetch(&page->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (size_t i = 0; i < page->size; i++) {
		struct family *family = &page->families[i];

		for (size_t j = 0; j < family->n_views; j++)
			free_view(&family->views[j]);
		free(family->views);
		free_head(&family->head);
	}
	free(page->families);
	free(page);
}

static char *copy(const char *s)
{
	return strdup(s ? s : "");
}

static int copy_head(struct lun_metric_head *to, const struct lun_metric_head *from)
{
	to->type = from->type;
	to->name = copy(from->name);
	to->help = copy(from->help);
	to->unit = copy(from->unit);
	if (to->name && to->help && to->unit)
		return 0;
	free_head(to);
	return -ENOMEM;
}

/* The index where a family of that name belongs, or -EEXIST. */
static ssize_t place_for(const struct lun_page *page, const char *name)
{
	size_t at = 0;

	while (at < page->size && strcmp(page->families[at].head.name, name) < 0)
		at++;
	if (at < page->size && strcmp(page->families[at].head.name, name) == 0)
		return -EEXIST;
	return (ssize_t)at;
}

static int insert_family(struct lun_page *page, size_t at, const struct lun_metric_head *head)
{
	struct family made = { .number = (int)page->size };
	struct family *families = realloc(page->families, (page->size + 1) * sizeof(*families));

	if (!families)
		return -ENOMEM;
	page->families = families;
	if (copy_head(&made.head, head))
		return -ENOMEM;
	memmove(families + at + 1, families + at, (page->size - at) * sizeof(*families));
	families[at] = made;
	page->size++;
	return made.number;
}

int lun_page_family(struct lun_page *page, const struct lun_metric_head *head)
{
	ssize_t at = place_for(page, head->name);

	return at < 0 ? (int)at : insert_family(page, (size_t)at, head);
}

static struct family *find_family(struct lun_page *page, int number)
{
	struct family *family = page->families;

	while (family->number != number)
		family++;
	return family;
}

static struct view *add_view(struct lun_page *page, int number)
{
	struct family *family = find_family(page, number);
	struct view *views;

	views = realloc(family->views, (family->n_views + 1) * sizeof(*views));
	if (!views)
		return NULL;
	family->views = views;
	memset(&views[family->n_views], 0, sizeof(*views));
	return &views[family->n_views++];
}

static int copy_labels(struct view *view, const struct lun_metric_view *how)
{
	struct lun_metric_view_label *labels = calloc(how->n_labels + 1, sizeof(*labels));

	if (!labels)
		return -ENOMEM;
	view->how.labels = labels;
	view->how.n_labels = how->n_labels;
	for (size_t i = 0; i < how->n_labels; i++) {
		labels[i] = how->labels[i];
		labels[i].name = copy(how->labels[i].name);
		labels[i].value = how->labels[i].value ? copy(how->labels[i].value) : NULL;
		if (!labels[i].name || (how->labels[i].value && !labels[i].value))
			return -ENOMEM;
	}
	return 0;
}

/* Makes a view; the page takes it only when complete. */
static int make_view(
	struct view *view, struct lun_exported *exported, const struct lun_metric_view *how)
{
	double *bounds = calloc(how->n_bounds + 1, sizeof(*bounds));

	if (!bounds)
		return -ENOMEM;
	if (how->n_bounds)
		memcpy(bounds, how->bounds, how->n_bounds * sizeof(*bounds));
	view->how = *how;
	view->how.bounds = bounds;
	view->how.labels = NULL;
	view->how.n_labels = 0;
	view->exported = lun_exported_ref(exported);
	return copy_labels(view, how);
}

static int put_view(struct lun_page *page, int number, struct view *made)
{
	struct view *view = add_view(page, number);

	if (!view) {
		free_view(made);
		return -ENOMEM;
	}
	*view = *made;
	page->streams |= !!made->stream;
	return 0;
}

int lun_page_view(struct lun_page *page, int family, struct lun_exported *exported,
	const struct lun_metric_view *how)
{
	struct view view = { 0 };
	int err = make_view(&view, exported, how);

	if (err) {
		free_view(&view);
		return err;
	}
	return put_view(page, family, &view);
}

int lun_page_stream(struct lun_page *page, int family, struct lun_source *source)
{
	struct view view = { .stream = source };

	return put_view(page, family, &view);
}

size_t lun_page_families(const struct lun_page *page)
{
	return page->size;
}

bool lun_page_streams(const struct lun_page *page)
{
	return page->streams;
}

static size_t samples_each(const struct lun_metric_view *how)
{
	if (how->shape == LUN_METRIC_PLAIN_SHAPE)
		return 1;
	return how->n_bounds + 1 + (how->shape == LUN_METRIC_HISTOGRAM_SHAPE) + (how->sum >= 0);
}

size_t lun_page_size(const struct lun_page *page)
{
	size_t n = 0;

	for (size_t i = 0; i < page->size; i++) {
		for (size_t j = 0; j < page->families[i].n_views; j++) {
			const struct view *view = &page->families[i].views[j];

			n += view->exported ? view->exported->size * samples_each(&view->how) : 0;
		}
	}
	return n;
}
