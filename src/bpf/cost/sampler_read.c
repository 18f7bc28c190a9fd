/* Reading the sampler: rates, histories, values by name, its state. */
#include <string.h>

#include "bpf/cost/sampler_parts.h"

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
		add_sample(s, id ? lun_sampler_find(s, id) : NULL, s->samples, out);
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
	series = id ? lun_sampler_find(s, id) : NULL;
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

int lun_sampler_put(struct lun_sampler *s, const char *name, double value)
{
	int err;

	pthread_mutex_lock(&s->lock);
	err = lun_value_history_put(s->gauges, name, lun_sampler_now(), value);
	pthread_mutex_unlock(&s->lock);
	return err;
}

size_t lun_sampler_values(struct lun_sampler *s, const char *name, double from, double to,
	struct lun_point *out, size_t max)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = lun_value_history_read(s->gauges, name, from, to, out, max);
	pthread_mutex_unlock(&s->lock);
	return n;
}

int lun_sampler_names(struct lun_sampler *s, const char *prefix, struct lun_out *names)
{
	const char *name;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; (name = lun_value_history_name(s->gauges, i)); i++)
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
