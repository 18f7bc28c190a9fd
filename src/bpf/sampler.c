#include "bpf/sampler.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/prog.h"
#include "bpf/stats.h"

enum { SHARED_KEEP = 900, SHARED_PROGRAMS = 2048, NAMES_MAX = 1024 };

struct point {
	uint64_t ns;
	uint32_t runs; /* saturates: 4 G runs between two samples */
	uint32_t misses;
};

struct series {
	uint32_t id;
	uint64_t load_time;
	struct lun_prog_count last;
	uint64_t seen;      /* the sample in which the program was last there */
	uint64_t written;   /* the newest sample in `ring`; what is older than it has zeros */
	struct point *ring; /* NULL until it runs for the first time */
};

struct moment {
	double time;
	double seconds;
};

struct lun_sampler {
	pthread_mutex_t lock;
	uint32_t keep, room;
	struct moment *moments; /* of sample n at n % keep; the first sample is number 1 */
	uint64_t samples;       /* the number of the newest */
	uint64_t first;         /* the first that is a stretch: 2, or 1 after a baseline */
	struct series *series;  /* by id */
	size_t count, capacity;
	struct lun_gauges *gauges;
	uint32_t rings, programs, dropped;
	uint64_t cost, total_cost;
	int stats;
	uint64_t counted_since; /* when the kernel began to count, 0 while it does not */
	uint64_t counted;       /* ns that it counted since the last sample, before that */
	uint64_t last_boot;     /* when the last sample was taken, since boot */
};

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
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
	s->gauges = lun_gauges_new(keep, NAMES_MAX);
	if (!s->moments || !s->gauges) {
		lun_gauges_free(s->gauges);
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
	s->counted_since = s->stats < 0 ? 0 : now(CLOCK_MONOTONIC);
}

void lun_sampler_free(struct lun_sampler *s)
{
	if (!s)
		return;
	forget(s);
	lun_gauges_free(s->gauges);
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
	lun_gauges_clear(s->gauges);
	pthread_mutex_unlock(&s->lock);
}

static int switch_on(struct lun_sampler *s)
{
	int fd = s->stats < 0 ? lun_stats_open() : s->stats;

	if (fd < 0)
		return fd;
	if (s->stats < 0)
		s->counted_since = now(CLOCK_MONOTONIC);
	s->stats = fd;
	return 0;
}

static void switch_off(struct lun_sampler *s)
{
	if (s->stats < 0)
		return;
	s->counted += now(CLOCK_MONOTONIC) - s->counted_since;
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

static struct series *find(const struct lun_sampler *s, uint32_t id)
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
	struct series *series = find(s, k->id);

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
	uint64_t t = now(CLOCK_MONOTONIC), ns = s->counted;

	if (s->counted_since)
		ns += t - s->counted_since;
	s->counted = 0;
	s->counted_since = s->counted_since ? t : 0;
	return (double)ns / 1e9;
}

int lun_sampler_sample(struct lun_sampler *s)
{
	uint64_t begin = now(CLOCK_THREAD_CPUTIME_ID), boot;
	struct moment *moment;
	int err;

	pthread_mutex_lock(&s->lock);
	s->samples++;
	s->programs = s->dropped = 0;
	moment = &s->moments[s->samples % s->keep];
	boot = now(CLOCK_BOOTTIME);
	err = read_all(s, true);
	moment->time = lun_sampler_now();
	moment->seconds = take_counted(s);
	s->last_boot = boot;
	drop_old(s);
	s->cost = now(CLOCK_THREAD_CPUTIME_ID) - begin;
	s->total_cost += s->cost;
	pthread_mutex_unlock(&s->lock);
	return err;
}

int lun_sampler_baseline(struct lun_sampler *s)
{
	int err;

	pthread_mutex_lock(&s->lock);
	s->programs = 0;
	s->last_boot = now(CLOCK_BOOTTIME);
	err = read_all(s, false);
	take_counted(s);
	if (!s->samples)
		s->first = 1;
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* The number of the oldest sample kept that is a stretch. */
static uint64_t oldest(const struct lun_sampler *s)
{
	uint64_t kept = s->samples > s->keep ? s->samples - s->keep + 1 : 1;

	return kept > s->first ? kept : s->first;
}

static void add_point(const struct lun_sampler *s, const struct series *series, uint64_t n,
	struct lun_stretch *out)
{
	const struct point *point;

	if (!series->ring || n > series->written || series->written - n >= s->keep)
		return;
	point = &series->ring[n % s->keep];
	out->runs += point->runs;
	out->ns += point->ns;
	out->misses += point->misses;
}

/* Adds sample n of one program, or of all, to a stretch. */
static void add_sample(const struct lun_sampler *s, const struct series *series, uint64_t n,
	struct lun_stretch *out)
{
	out->time = s->moments[n % s->keep].time;
	out->seconds += s->moments[n % s->keep].seconds;
	if (series) {
		add_point(s, series, n, out);
		return;
	}
	for (size_t i = 0; !out->id && i < s->count; i++)
		add_point(s, &s->series[i], n, out);
}

size_t lun_sampler_rates(struct lun_sampler *s, struct lun_stretch *out, size_t max)
{
	struct lun_stretch one;
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; s->samples >= s->first && i < s->count; i++) {
		if (!s->series[i].ring || s->series[i].written != s->samples)
			continue;
		memset(&one, 0, sizeof(one));
		one.id = s->series[i].id;
		add_sample(s, &s->series[i], s->samples, &one);
		if (n < max && (one.runs || one.misses))
			out[n] = one;
		n += one.runs || one.misses;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

bool lun_sampler_rate(struct lun_sampler *s, uint32_t id, struct lun_stretch *out)
{
	bool any;

	memset(out, 0, sizeof(*out));
	out->id = id;
	pthread_mutex_lock(&s->lock);
	any = s->samples >= s->first;
	if (any)
		add_sample(s, id ? find(s, id) : NULL, s->samples, out);
	pthread_mutex_unlock(&s->lock);
	return any;
}

/* The numbers of the samples between two times: [first, end). */
static void range(
	const struct lun_sampler *s, double from, double to, uint64_t *first, uint64_t *end)
{
	*first = oldest(s);
	*end = s->samples + 1;
	while (*first < *end && s->moments[*first % s->keep].time < from)
		++*first;
	while (*end > *first && s->moments[(*end - 1) % s->keep].time > to)
		--*end;
}

size_t lun_sampler_history(struct lun_sampler *s, uint32_t id, double from, double to,
	struct lun_stretch *out, size_t max)
{
	const struct series *series;
	uint64_t first, end, size;
	size_t n = 0;

	if (!max)
		return 0;
	pthread_mutex_lock(&s->lock);
	series = id ? find(s, id) : NULL;
	range(s, from, to, &first, &end);
	size = end > first ? (end - first + max - 1) / max : 1;
	for (; first < end; n++) {
		memset(&out[n], 0, sizeof(out[n]));
		out[n].id = id;
		for (uint64_t i = 0; i < size && first < end; i++)
			add_sample(s, series, first++, &out[n]);
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

double lun_sampler_now(void)
{
	return (double)now(CLOCK_REALTIME) / 1e9;
}

int lun_sampler_put(struct lun_sampler *s, const char *name, double value)
{
	int err;

	pthread_mutex_lock(&s->lock);
	err = lun_gauges_put(s->gauges, name, lun_sampler_now(), value);
	pthread_mutex_unlock(&s->lock);
	return err;
}

size_t lun_sampler_values(struct lun_sampler *s, const char *name, double from, double to,
	struct lun_point *out, size_t max)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = lun_gauges_read(s->gauges, name, from, to, out, max);
	pthread_mutex_unlock(&s->lock);
	return n;
}

int lun_sampler_names(struct lun_sampler *s, const char *prefix, struct lun_out *names)
{
	const char *name;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; (name = lun_gauges_name(s->gauges, i)); i++)
		if (!strncmp(name, prefix, strlen(prefix)))
			lun_out_mem(names, name, strlen(name) + 1);
	pthread_mutex_unlock(&s->lock);
	return names->err;
}

void lun_sampler_state(struct lun_sampler *s, struct lun_sampler_state *state)
{
	uint64_t first;

	memset(state, 0, sizeof(*state));
	pthread_mutex_lock(&s->lock);
	first = oldest(s);
	state->stats = s->stats >= 0;
	state->samples = s->samples;
	state->keep = s->keep;
	state->programs = s->programs;
	state->series = s->rings;
	state->dropped = s->dropped;
	state->cost_ns = s->cost;
	state->total_cost_ns = s->total_cost;
	if (s->samples >= first) {
		state->kept = (uint32_t)(s->samples - first + 1);
		state->oldest = s->moments[first % s->keep].time;
		state->newest = s->moments[s->samples % s->keep].time;
	}
	pthread_mutex_unlock(&s->lock);
}
