#include "metric/scrape_share.h"
#include "text/monotonic.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct lun_scrape_share {
	struct lun_scrape_share *next;
	char *key;
	struct lun_page *page;
	bool finished;
	struct timespec until; /* on the monotonic clock; later scrapes start a new share */
	int holders;           /* the scrape that makes the page, and the waiting ones */
	pthread_cond_t changed;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lun_scrape_share *shares; /* unfinished */

static bool is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec ? a.tv_nsec < b.tv_nsec : a.tv_sec < b.tv_sec;
}

static struct lun_scrape_share *start(const char *key, double seconds)
{
	struct lun_scrape_share *share = calloc(1, sizeof(*share));

	if (!share)
		return NULL;
	share->key = strdup(key);
	if (!share->key) {
		free(share);
		return NULL;
	}
	lun_cond_init(&share->changed);
	share->holders = 1;
	lun_seconds_from_now(&share->until, seconds);
	share->next = shares;
	shares = share;
	return share;
}

static void leave(struct lun_scrape_share *share)
{
	if (--share->holders)
		return;
	lun_page_unref(share->page);
	pthread_cond_destroy(&share->changed);
	free(share->key);
	free(share);
}

static struct lun_page *wait_for(struct lun_scrape_share *share, double seconds)
{
	struct timespec until;
	struct lun_page *page = NULL;
	int err = 0;

	lun_seconds_from_now(&until, seconds > 0 ? seconds : 0);
	share->holders++;
	while (!share->finished && !err)
		err = pthread_cond_timedwait(&share->changed, &lock, &until);
	if (share->finished && share->page)
		page = lun_page_ref(share->page);
	leave(share);
	return page;
}

struct lun_scrape_share *lun_scrape_share_join(
	const char *key, double seconds, double wait, struct lun_page **page)
{
	struct timespec now;
	struct lun_scrape_share *share;

	*page = NULL;
	lun_seconds_from_now(&now, 0);
	pthread_mutex_lock(&lock);
	share = shares;
	while (share && (strcmp(share->key, key) != 0 || is_before(share->until, now)))
		share = share->next;
	if (share) {
		*page = wait_for(share, wait);
		share = NULL;
	} else {
		share = start(key, seconds);
	}
	pthread_mutex_unlock(&lock);
	return share;
}

void lun_scrape_share_finish(struct lun_scrape_share *share, struct lun_page *page)
{
	struct lun_scrape_share **p = &shares;

	pthread_mutex_lock(&lock);
	while (*p != share)
		p = &(*p)->next;
	*p = share->next;
	share->page = page ? lun_page_ref(page) : NULL;
	share->finished = true;
	pthread_cond_broadcast(&share->changed);
	leave(share);
	pthread_mutex_unlock(&lock);
}
