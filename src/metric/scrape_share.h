#pragma once
/*
 * Scrapes that ask for the same page at the same time share it: the first one makes the page, the
 * others wait for it. One list for the process, since each scrape runs in a VM of its own.
 */
#include "metric/page.h"

struct lun_scrape_share;

/* The first scrape of `key` gets a share and must finish it. A later one, within `seconds` of the
 * first, waits up to `wait` seconds and gets NULL; *page is then a reference to the first one's
 * page, or NULL when none came in time. NULL with *page NULL also when memory is short. */
struct lun_scrape_share *lun_scrape_share_join(
	const char *key, double seconds, double wait, struct lun_page **page);
/* Gives each waiting scrape a reference to the page; with NULL these make their own. */
void lun_scrape_share_finish(struct lun_scrape_share *share, struct lun_page *page);
