#pragma once
/* The page's structs, shared by page.c, which builds a page, and page_write.c, which writes it. */
#include "metric/page.h"

struct view {
	struct lun_metric_view how; /* its labels and bounds are the page's copies */
	struct lun_exported *exported;
	struct lun_source *stream; /* instead of the two above */
};

struct family {
	struct lun_metric_head head;
	struct view *views;
	size_t n_views;
	int number;
};

struct lun_page {
	int refs;
	struct family *families; /* sorted */
	size_t size;
	bool streams;
};
