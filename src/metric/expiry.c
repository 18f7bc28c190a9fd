#include "metric/expiry.h"

#include <errno.h>
#include <stdlib.h>

enum {
	PARTS = 16,
	FIRST_SLOTS = 16,
	MOST = (1 << 19) / PARTS, /* series a part */
	TICKS = 64,               /* a second */
};

struct series {
	uint32_t key[2]; /* both 0: none */
	uint32_t content;
	uint32_t changed, seen; /* ticks since the table was made */
};

struct part {
	struct series *slots; /* open addressing */
	uint32_t n_slots, used;
};

struct lun_expiry {
	struct part parts[PARTS];
	double base;
};

struct lun_expiry *lun_expiry_new(void)
{
	return calloc(1, sizeof(struct lun_expiry));
}

static void clear(struct lun_expiry *e)
{
	for (int i = 0; i < PARTS; i++) {
		free(e->parts[i].slots);
		e->parts[i] = (struct part){ 0 };
	}
}

void lun_expiry_free(struct lun_expiry *e)
{
	if (e)
		clear(e);
	free(e);
}

static uint32_t low(uint64_t key)
{
	return (uint32_t)key | (key == 0);
}

static struct series *find(struct series *slots, uint32_t n, uint64_t key)
{
	uint32_t a = low(key), b = (uint32_t)(key >> 32), i = a & (n - 1);

	while ((slots[i].key[0] || slots[i].key[1]) &&
		!(slots[i].key[0] == a && slots[i].key[1] == b))
		i = (i + 1) & (n - 1);
	return &slots[i];
}

static uint64_t key_of(const struct series *s)
{
	return (uint64_t)s->key[1] << 32 | s->key[0];
}

/* Moves the series seen since `since` into n slots. */
static int rehash(struct part *part, uint32_t n, uint32_t since)
{
	struct series *slots = calloc(n, sizeof(*slots));
	uint32_t used = 0;

	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < part->n_slots; i++) {
		const struct series *s = &part->slots[i];

		if (!key_of(s) || s->seen < since)
			continue;
		*find(slots, n, key_of(s)) = *s;
		used++;
	}
	free(part->slots);
	part->slots = slots;
	part->n_slots = n;
	part->used = used;
	return 0;
}

static struct part *part_of(const struct lun_expiry *e, uint64_t key)
{
	return (struct part *)&e->parts[key >> 60];
}

static uint32_t ticks(const struct lun_expiry *e, double now)
{
	double n = (now - e->base) * TICKS;

	return n < 0 ? 0 : n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static double age(const struct series *s, uint32_t now)
{
	return now > s->changed ? (double)(now - s->changed) / TICKS : 0;
}

double lun_expiry_look(const struct lun_expiry *e, uint64_t key, double now)
{
	const struct part *part = part_of(e, key);
	const struct series *s = part->n_slots ? find(part->slots, part->n_slots, key) : NULL;

	return s && key_of(s) ? age(s, ticks(e, now)) : 0;
}

/* The series' slot; NULL when there is no room. */
static struct series *slot_for(struct part *part, uint64_t key)
{
	struct series *s = part->n_slots ? find(part->slots, part->n_slots, key) : NULL;

	if (s && key_of(s))
		return s;
	if (part->used >= MOST)
		return NULL;
	if (part->used >= part->n_slots / 4 * 3) {
		if (rehash(part, part->n_slots ? part->n_slots * 2 : FIRST_SLOTS, 0))
			return NULL;
		s = find(part->slots, part->n_slots, key);
	}
	return s;
}

/* The tick counter overflows after a year or two: then everything is forgotten. */
static uint32_t tick(struct lun_expiry *e, double now)
{
	if (e->base == 0 || ticks(e, now) == UINT32_MAX) {
		clear(e);
		e->base = now - 1;
	}
	return ticks(e, now);
}

double lun_expiry_note(struct lun_expiry *e, uint64_t key, uint64_t content, double now)
{
	uint32_t at = tick(e, now), brief = (uint32_t)(content ^ content >> 32);
	struct part *part = part_of(e, key);
	struct series *s = slot_for(part, key);

	if (!s)
		return 0;
	part->used += !key_of(s);
	if (!key_of(s) || s->content != brief)
		s->changed = at;
	s->key[0] = low(key);
	s->key[1] = (uint32_t)(key >> 32);
	s->content = brief;
	s->seen = at;
	return age(s, at);
}

void lun_expiry_sweep(struct lun_expiry *e, double since)
{
	for (int i = 0; i < PARTS; i++) {
		if (e->parts[i].n_slots > FIRST_SLOTS)
			rehash(&e->parts[i], e->parts[i].n_slots, ticks(e, since));
	}
}
