#pragma once
/*
 * Scrapes that come at the same time share one page: the first makes it, the others wait.
 * Process-wide, as each scrape has a VM of its own.
 */
#include "text/metric_page.h"

struct lun_flight;

/* The first to ask for `key` gets a flight and must land it. Others, who come within `seconds`
 * of it, wait for at most `wait` and get NULL, with *page set (a reference of theirs) or NULL.
 * NULL also without memory. */
struct lun_flight *lun_flight_join(
	const char *key, double seconds, double wait, struct lun_page **page);
/* Gives those who wait the page (each a reference), or NULL: they do without. */
void lun_flight_land(struct lun_flight *flight, struct lun_page *page);
