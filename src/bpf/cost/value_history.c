#include "bpf/cost/value_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct gauge {
	char name[LUN_VALUE_HISTORY_NAME];
	uint64_t written; /* points so far: point n is at n % keep */
	struct lun_point *ring;
};

struct lun_value_history {
	uint32_t keep, room;
	size_t count;
	struct gauge *list;
};

struct lun_value_history *lun_value_history_new(uint32_t keep, uint32_t names)
{
	struct lun_value_history *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->keep = keep;
	g->room = names;
	g->list = calloc(names ? names : 1, sizeof(*g->list));
	if (g->list)
		return g;
	free(g);
	return NULL;
}

void lun_value_history_clear(struct lun_value_history *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->list[i].ring);
	g->count = 0;
}

void lun_value_history_free(struct lun_value_history *g)
{
	if (!g)
		return;
	lun_value_history_clear(g);
	free(g->list);
	free(g);
}

static struct gauge *find(const struct lun_value_history *g, const char *name)
{
	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->list[i].name, name))
			return &g->list[i];
	return NULL;
}

static double last_time(const struct lun_value_history *g, const struct gauge *gauge)
{
	return gauge->ring[(gauge->written - 1) % g->keep].time;
}

/* Takes the least recently written one out of the list. */
static void make_room(struct lun_value_history *g)
{
	size_t oldest = 0;

	for (size_t i = 1; i < g->count; i++)
		if (last_time(g, &g->list[i]) < last_time(g, &g->list[oldest]))
			oldest = i;
	free(g->list[oldest].ring);
	memmove(g->list + oldest, g->list + oldest + 1, (g->count - oldest - 1) * sizeof(*g->list));
	g->count--;
}

static struct gauge *add(struct lun_value_history *g, const char *name)
{
	struct lun_point *ring = g->room ? calloc(g->keep, sizeof(*ring)) : NULL;
	struct gauge *gauge;

	if (!ring)
		return NULL;
	if (g->count == g->room)
		make_room(g);
	gauge = &g->list[g->count++];
	memset(gauge, 0, sizeof(*gauge));
	memcpy(gauge->name, name, strlen(name));
	gauge->ring = ring;
	return gauge;
}

int lun_value_history_put(struct lun_value_history *g, const char *name, double time, double value)
{
	size_t len = strlen(name);
	struct gauge *gauge;

	if (!len || len >= LUN_VALUE_HISTORY_NAME)
		return -EINVAL;
	gauge = find(g, name);
	if (!gauge)
		gauge = add(g, name);
	if (!gauge)
		return -ENOMEM;
	gauge->ring[gauge->written++ % g->keep] = (struct lun_point){ time, value };
	return 0;
}

size_t lun_value_history_read(const struct lun_value_history *g, const char *name, double from,
	double to, struct lun_point *out, size_t max)
{
	const struct gauge *gauge = find(g, name);
	uint64_t first, end, size;
	size_t n = 0;

	if (!gauge || !max)
		return 0;
	end = gauge->written;
	first = end > g->keep ? end - g->keep : 0;
	while (first < end && gauge->ring[first % g->keep].time < from)
		first++;
	while (end > first && gauge->ring[(end - 1) % g->keep].time > to)
		end--;
	size = (end - first + max - 1) / max;
	for (; first < end; first += size)
		out[n++] = gauge->ring[(first + size < end ? first + size - 1 : end - 1) % g->keep];
	return n;
}

const char *lun_value_history_name(const struct lun_value_history *g, size_t i)
{
	return i < g->count ? g->list[i].name : NULL;
}
