#include "metric/scrape_share.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct lun_scrape_share {
	struct lun_scrape_share *next;
	char *key;
	struct lun_page *page;
	bool landed;
	struct timespec until; /* then nobody boards any more */
	int people;            /* the one who flies it, and those who wait */
	pthread_cond_t changed;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lun_scrape_share *flights; /* those in the air */

static struct timespec after(double seconds)
{
	struct timespec t;
	double whole = (double)(time_t)seconds;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += (time_t)whole;
	t.tv_nsec += (long)((seconds - whole) * 1e9);
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}

static bool is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec ? a.tv_nsec < b.tv_nsec : a.tv_sec < b.tv_sec;
}

static struct lun_scrape_share *start(const char *key, double seconds)
{
	struct lun_scrape_share *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->key = strdup(key);
	if (!f->key) {
		free(f);
		return NULL;
	}
	pthread_cond_init(&f->changed, NULL);
	f->people = 1;
	f->until = after(seconds);
	f->next = flights;
	flights = f;
	return f;
}

static void leave(struct lun_scrape_share *f)
{
	if (--f->people)
		return;
	lun_page_unref(f->page);
	pthread_cond_destroy(&f->changed);
	free(f->key);
	free(f);
}

static struct lun_page *wait_for(struct lun_scrape_share *f, double seconds)
{
	struct timespec until = after(seconds > 0 ? seconds : 0);
	struct lun_page *page = NULL;
	int err = 0;

	f->people++;
	while (!f->landed && !err)
		err = pthread_cond_timedwait(&f->changed, &lock, &until);
	if (f->landed && f->page)
		page = lun_page_ref(f->page);
	leave(f);
	return page;
}

struct lun_scrape_share *lun_scrape_share_join(
	const char *key, double seconds, double wait, struct lun_page **page)
{
	struct timespec now = after(0);
	struct lun_scrape_share *f;

	*page = NULL;
	pthread_mutex_lock(&lock);
	f = flights;
	while (f && (strcmp(f->key, key) != 0 || is_before(f->until, now)))
		f = f->next;
	if (f) {
		*page = wait_for(f, wait);
		f = NULL;
	} else {
		f = start(key, seconds);
	}
	pthread_mutex_unlock(&lock);
	return f;
}

void lun_scrape_share_land(struct lun_scrape_share *f, struct lun_page *page)
{
	struct lun_scrape_share **p = &flights;

	pthread_mutex_lock(&lock);
	while (*p != f)
		p = &(*p)->next;
	*p = f->next;
	f->page = page ? lun_page_ref(page) : NULL;
	f->landed = true;
	pthread_cond_broadcast(&f->changed);
	leave(f);
	pthread_mutex_unlock(&lock);
}
