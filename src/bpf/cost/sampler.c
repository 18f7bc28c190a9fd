#include "bpf/cost/sampler_parts.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/object/prog.h"
#include "bpf/cost/stats.h"
#include "text/monotonic.h"

enum { SHARED_KEEP = 900, SHARED_PROGRAMS = 2048, NAMES_MAX = 1024 };

double lun_sampler_now(void)
{
	return (double)lun_clock_ns(CLOCK_REALTIME) / 1e9;
}

struct lun_sampler *lun_sampler_new(uint32_t keep, uint32_t programs)
{
	struct lun_sampler *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->keep = keep;
	s->room = programs;
	s->stats = -1;
	s->first = 2;
	s->moments = calloc(keep, sizeof(*s->moments));
	s->gauges = lun_value_history_new(keep, NAMES_MAX);
	if (!s->moments || !s->gauges) {
		lun_value_history_free(s->gauges);
		free(s->moments);
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void forget(struct lun_sampler *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->series[i].ring);
	s->count = 0;
	s->rings = s->programs = s->dropped = 0;
	s->samples = 0;
	s->first = 2;
	s->counted = 0;
	s->counted_since = s->stats < 0 ? 0 : lun_clock_ns(CLOCK_MONOTONIC);
}

void lun_sampler_free(struct lun_sampler *s)
{
	if (!s)
		return;
	forget(s);
	lun_value_history_free(s->gauges);
	if (s->stats >= 0)
		close(s->stats);
	pthread_mutex_destroy(&s->lock);
	free(s->series);
	free(s->moments);
	free(s);
}

static struct lun_sampler *shared;

static void make_shared(void)
{
	shared = lun_sampler_new(SHARED_KEEP, SHARED_PROGRAMS);
}

struct lun_sampler *lun_sampler_shared(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_shared);
	return shared;
}

void lun_sampler_clear(struct lun_sampler *s)
{
	pthread_mutex_lock(&s->lock);
	forget(s);
	lun_value_history_clear(s->gauges);
	pthread_mutex_unlock(&s->lock);
}

static int switch_on(struct lun_sampler *s)
{
	int fd = s->stats < 0 ? lun_stats_open() : s->stats;

	if (fd < 0)
		return fd;
	if (s->stats < 0)
		s->counted_since = lun_clock_ns(CLOCK_MONOTONIC);
	s->stats = fd;
	return 0;
}

static void switch_off(struct lun_sampler *s)
{
	if (s->stats < 0)
		return;
	s->counted += lun_clock_ns(CLOCK_MONOTONIC) - s->counted_since;
	s->counted_since = 0;
	close(s->stats);
	s->stats = -1;
}

int lun_sampler_stats(struct lun_sampler *s, bool on)
{
	int err = 0;

	pthread_mutex_lock(&s->lock);
	if (on)
		err = switch_on(s);
	else
		switch_off(s);
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* The first series whose id is not below. */
static size_t position(const struct lun_sampler *s, uint32_t id)
{
	size_t low = 0, high = s->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (s->series[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct series *lun_sampler_find(const struct lun_sampler *s, uint32_t id)
{
	size_t at = position(s, id);

	return at < s->count && s->series[at].id == id ? &s->series[at] : NULL;
}

static struct series *insert(struct lun_sampler *s, uint32_t id)
{
	size_t at = position(s, id), more = s->capacity ? s->capacity * 2 : 64;
	struct series *series;

	if (s->count == s->capacity) {
		series = realloc(s->series, more * sizeof(*series));
		if (!series)
			return NULL;
		s->series = series;
		s->capacity = more;
	}
	memmove(s->series + at + 1, s->series + at, (s->count - at) * sizeof(*s->series));
	s->count++;
	memset(s->series + at, 0, sizeof(*s->series));
	s->series[at].id = id;
	return s->series + at;
}

static bool make_ring(struct lun_sampler *s, struct series *series)
{
	if (s->rings < s->room)
		series->ring = calloc(s->keep, sizeof(*series->ring));
	if (!series->ring) {
		s->dropped++;
		return false;
	}
	s->rings++;
	series->written = s->samples;
	return true;
}

/* Samples in which it did not run have left old values in the ring: they become zeros. */
static void clear_gap(struct lun_sampler *s, struct series *series)
{
	uint64_t first = series->written + 1;

	if (s->samples - series->written > s->keep)
		first = s->samples - s->keep + 1;
	for (uint64_t n = first; n < s->samples; n++)
		memset(&series->ring[n % s->keep], 0, sizeof(struct point));
}

static uint32_t saturate(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static void write_point(
	struct lun_sampler *s, struct series *series, const struct lun_prog_count *d)
{
	struct point *point;

	if (!series->ring && !make_ring(s, series))
		return;
	clear_gap(s, series);
	point = &series->ring[s->samples % s->keep];
	point->ns = d->time_ns;
	point->runs = saturate(d->runs);
	point->misses = saturate(d->misses);
	series->written = s->samples;
}

/* A program that we have not seen: when it was loaded since the last sample, all that it did
 * was done since then; else this is where its counting begins. */
static struct series *first_sight(
	struct lun_sampler *s, const struct bpf_prog_info *k, const struct lun_prog_count *count)
{
	struct series *series = lun_sampler_find(s, k->id);

	if (series && series->load_time == k->load_time)
		return series;
	if (!series)
		series = insert(s, k->id);
	if (!series)
		return NULL;
	series->load_time = k->load_time;
	series->last = *count;
	if (s->samples >= s->first && k->load_time > s->last_boot)
		memset(&series->last, 0, sizeof(series->last));
	return series;
}

static int note(struct lun_sampler *s, const struct bpf_prog_info *k, bool record)
{
	struct lun_prog_count count = { k->run_time_ns, k->run_cnt, k->recursion_misses }, d;
	struct series *series = first_sight(s, k, &count);

	if (!series)
		return -ENOMEM;
	d.time_ns = count.time_ns - series->last.time_ns;
	d.runs = count.runs - series->last.runs;
	d.misses = count.misses - series->last.misses;
	series->last = count;
	series->seen = s->samples;
	s->programs++;
	if (record && (d.runs || d.misses))
		write_point(s, series, &d);
	return 0;
}

static int read_program(struct lun_sampler *s, uint32_t id, bool record)
{
	struct bpf_prog_info k;
	int fd = lun_object_open(LUN_PROG, id), err;

	if (fd < 0)
		return fd;
	memset(&k, 0, sizeof(k));
	err = lun_object_info(fd, &k, sizeof(k));
	close(fd);
	return err ? err : note(s, &k, record);
}

static int read_all(struct lun_sampler *s, bool record)
{
	uint32_t id = 0;
	int err;

	while (!(err = lun_object_next(LUN_PROG, &id))) {
		err = read_program(s, id, record);
		if (err && err != -ENOENT)
			return err;
	}
	return err == -ENOENT ? 0 : err;
}

static bool aged_out(const struct lun_sampler *s, const struct series *series)
{
	if (series->seen == s->samples)
		return false;
	return !series->ring || s->samples - series->written >= s->keep;
}

/* Programs that went, and whose history has gone too. */
static void drop_old(struct lun_sampler *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (aged_out(s, &s->series[i])) {
			s->rings -= s->series[i].ring != NULL;
			free(s->series[i].ring);
			continue;
		}
		s->series[kept++] = s->series[i];
	}
	s->count = kept;
}

static double take_counted(struct lun_sampler *s)
{
	uint64_t t = lun_clock_ns(CLOCK_MONOTONIC), ns = s->counted;

	if (s->counted_since)
		ns += t - s->counted_since;
	s->counted = 0;
	s->counted_since = s->counted_since ? t : 0;
	return (double)ns / 1e9;
}

int lun_sampler_sample(struct lun_sampler *s)
{
	uint64_t begin = lun_clock_ns(CLOCK_THREAD_CPUTIME_ID), boot;
	struct moment *moment;
	int err;

	pthread_mutex_lock(&s->lock);
	s->samples++;
	s->programs = s->dropped = 0;
	moment = &s->moments[s->samples % s->keep];
	boot = lun_clock_ns(CLOCK_BOOTTIME);
	err = read_all(s, true);
	moment->time = lun_sampler_now();
	moment->seconds = take_counted(s);
	s->last_boot = boot;
	drop_old(s);
	s->cost = lun_clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
	s->total_cost += s->cost;
	pthread_mutex_unlock(&s->lock);
	return err;
}

int lun_sampler_baseline(struct lun_sampler *s)
{
	int err;

	pthread_mutex_lock(&s->lock);
	s->programs = 0;
	s->last_boot = lun_clock_ns(CLOCK_BOOTTIME);
	err = read_all(s, false);
	take_counted(s);
	if (!s->samples)
		s->first = 1;
	pthread_mutex_unlock(&s->lock);
	return err;
}
