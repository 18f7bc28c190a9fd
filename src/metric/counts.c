#include "metric/counts.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct count {
	struct count *next;
	double value;
	char *what;
	char rule[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct count *counts;

static struct count *make_count(const char *rule, const char *what)
{
	size_t rule_size = strlen(rule) + 1, what_size = strlen(what) + 1;
	struct count *c = malloc(sizeof(*c) + rule_size + what_size);

	if (!c)
		return NULL;
	c->value = 0;
	c->what = c->rule + rule_size;
	memcpy(c->rule, rule, rule_size);
	memcpy(c->what, what, what_size);
	c->next = counts;
	counts = c;
	return c;
}

static struct count *find_count(const char *rule, const char *what)
{
	for (struct count *c = counts; c; c = c->next) {
		if (strcmp(c->rule, rule) == 0 && strcmp(c->what, what) == 0)
			return c;
	}
	return make_count(rule, what);
}

static double change(const char *rule, const char *what, double value, bool add)
{
	double before = 0;
	struct count *c;

	pthread_mutex_lock(&lock);
	c = find_count(rule, what);
	if (c) {
		before = c->value;
		c->value = add ? before + value : value;
	}
	pthread_mutex_unlock(&lock);
	return before;
}

double lun_count_add(const char *rule, const char *what, double value)
{
	return change(rule, what, value, true);
}

double lun_count_set(const char *rule, const char *what, double value)
{
	return change(rule, what, value, false);
}

/* Lock-free: counts are only added at the front and never freed, so the rest of the list is
 * stable. */
static struct count *next_count(const struct count *c, double *value)
{
	struct count *next;

	pthread_mutex_lock(&lock);
	next = c ? c->next : counts;
	if (next)
		*value = next->value;
	pthread_mutex_unlock(&lock);
	return next;
}

void lun_count_each(const char *what, lun_count_fn found, void *arg)
{
	double value = 0;

	for (struct count *c = next_count(NULL, &value); c; c = next_count(c, &value)) {
		if (strcmp(c->what, what) == 0)
			found(arg, c->rule, value);
	}
}
