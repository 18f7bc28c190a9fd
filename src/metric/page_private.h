#pragma once
/* What a page is made of: shared by what builds it (metric_page.c) and what writes it
 * (metric_write.c), and nobody else's business. */
#include <pthread.h>

#include "metric/page.h"

struct view {
	struct lun_metric_view how; /* its labels and bounds are the page's copies */
	struct lun_exported *sel;
	struct lun_source *stream; /* instead of the two above */
};

struct family {
	struct lun_metric_head head;
	bool pending; /* its samples are not there yet */
	struct view *views;
	size_t n_views;
	int number;
};

struct lun_page {
	int refs;
	struct family *families; /* sorted */
	size_t size;
	bool streams;
	struct lun_page *tail; /* comes behind the families; NULL: nothing does */
	char *hold;           /* families from that name on are not written yet; NULL: all may be */
	bool ready, sealed;   /* the one who builds it is done; it is written without the rest */
	pthread_mutex_t lock; /* between the one who builds it and the one who seals it */
};
