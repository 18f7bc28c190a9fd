#pragma once
/*
 * Scrapes that come at the same time share one page: the first makes it, the others wait.
 * Process-wide, as each scrape has a VM of its own.
 */
#include "metric/page.h"

struct lun_scrape_share;

/* The first to ask for `key` gets a flight and must land it. Others, who come within `seconds`
 * of it, wait for at most `wait` and get NULL, with *page set (a reference of theirs) or NULL.
 * NULL also without memory. */
struct lun_scrape_share *lun_scrape_share_join(
	const char *key, double seconds, double wait, struct lun_page **page);
/* Gives those who wait the page (each a reference), or NULL: they do without. */
void lun_scrape_share_land(struct lun_scrape_share *flight, struct lun_page *page);
