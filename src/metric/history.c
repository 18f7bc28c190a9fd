#include "metric/history.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_SLOTS = 256,
	MOST = 1 << 18,    /* counters of a rule: 28 MiB */
	FORGET = 3600,     /* seconds */
	SWEEP_EVERY = 600, /* seconds */
};

struct lun_history {
	struct lun_history *next;
	char *name;
	pthread_mutex_t lock;
	struct lun_past *slots; /* open addressing by key */
	size_t n_slots, used;
	struct lun_expiry *expiry; /* NULL: the rule's series do not expire */
	double ended;              /* when the last pass was noted */
	double swept;              /* when expired series were last removed */
	bool stale;                /* the current pass began before `ended` */
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lun_history *all;

static struct lun_history *make(const char *name)
{
	struct lun_history *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->name = strdup(name);
	h->slots = calloc(FIRST_SLOTS, sizeof(*h->slots));
	h->n_slots = FIRST_SLOTS;
	if (!h->name || !h->slots) {
		free(h->name);
		free(h->slots);
		free(h);
		return NULL;
	}
	pthread_mutex_init(&h->lock, NULL);
	return h;
}

static struct lun_history *find(const char *name)
{
	struct lun_history *h = all;

	while (h && strcmp(h->name, name) != 0)
		h = h->next;
	if (h)
		return h;
	h = make(name);
	if (!h)
		return NULL;
	h->next = all;
	all = h;
	return h;
}

struct lun_history *lun_history_open(const char *name, double pass_began)
{
	struct lun_history *h;

	pthread_mutex_lock(&all_lock);
	h = find(name);
	pthread_mutex_unlock(&all_lock);
	if (!h)
		return NULL;
	pthread_mutex_lock(&h->lock);
	h->stale = pass_began < h->ended;
	return h;
}

static struct lun_past *find_slot(struct lun_past *slots, size_t n_slots, uint64_t key)
{
	size_t i = key & (n_slots - 1);

	while (slots[i].key && slots[i].key != key)
		i = (i + 1) & (n_slots - 1);
	return &slots[i];
}

/* Moves the counters seen since `since` into n slots. */
static int rehash(struct lun_history *h, size_t n, double since)
{
	struct lun_past *slots = calloc(n, sizeof(*slots));
	size_t used = 0;

	if (!slots)
		return -1;
	for (size_t i = 0; i < h->n_slots; i++) {
		const struct lun_past *past = &h->slots[i];

		if (!past->key || past->seen < since)
			continue;
		*find_slot(slots, n, past->key) = *past;
		used++;
	}
	free(h->slots);
	h->slots = slots;
	h->n_slots = n;
	h->used = used;
	return 0;
}

static void sweep(struct lun_history *h, double now)
{
	if (h->used > FIRST_SLOTS / 2)
		rehash(h, h->n_slots, now - FORGET);
	if (h->expiry)
		lun_expiry_sweep(h->expiry, now - FORGET);
	h->swept = now;
}

struct lun_expiry *lun_history_expiry(struct lun_history *h)
{
	if (!h->expiry)
		h->expiry = lun_expiry_new();
	return h->expiry;
}

void lun_history_close(struct lun_history *h, double now)
{
	if (!h->stale)
		h->ended = now;
	if (now - h->swept > SWEEP_EVERY)
		sweep(h, now);
	pthread_mutex_unlock(&h->lock);
}

void lun_history_release(struct lun_history *h)
{
	pthread_mutex_unlock(&h->lock);
}

bool lun_history_stale(const struct lun_history *h)
{
	return h->stale;
}

double lun_history_before(const struct lun_history *h)
{
	return h->ended;
}

struct lun_past *lun_history_past(struct lun_history *h, uint64_t key)
{
	struct lun_past *past;

	key = key ? key : 1;
	past = find_slot(h->slots, h->n_slots, key);
	if (past->key)
		return past;
	if (h->stale || h->used >= MOST)
		return NULL;
	if (h->used > h->n_slots / 4 * 3) {
		if (rehash(h, h->n_slots * 2, 0))
			return NULL;
		past = find_slot(h->slots, h->n_slots, key);
	}
	h->used++;
	past->key = key;
	return past;
}

void lun_history_clear(void)
{
	pthread_mutex_lock(&all_lock);
	while (all) {
		struct lun_history *h = all;

		all = h->next;
		pthread_mutex_destroy(&h->lock);
		free(h->name);
		free(h->slots);
		lun_expiry_free(h->expiry);
		free(h);
	}
	pthread_mutex_unlock(&all_lock);
}
