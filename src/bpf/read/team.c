#include "bpf/read/team.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	RANGE_ENTRIES = 16384, /* that a range should have */
	LEAST_ENTRIES = 65536, /* max_entries of maps that are worth threads */
	BATCH_BYTES = 128 * 1024,
	LEAST_BATCH = 16,
	MOST_BATCH = 2048,
	AHEAD = 2, /* texts that wait, for each thread */
};

/* The text of a range. */
struct part {
	struct lun_out out;
	bool ready;
};

struct lun_team {
	const struct lun_map *map;
	lun_team_fn fn;
	struct member {
		struct lun_team *team;
		void *user;
		pthread_t thread;
	} members[LUN_TEAM_MAX];
	uint32_t nr_threads;
	uint64_t first, width, nr_ranges;
	pthread_mutex_t lock;
	pthread_cond_t taken, made;
	uint64_t next;  /* range to be read */
	uint64_t given; /* range to be given out */
	uint32_t running;
	struct part parts[AHEAD * LUN_TEAM_MAX];
	uint32_t nr_parts;
	uint64_t seen;
	atomic_bool stop;
	int err;
};

static bool (*_Atomic others_wait)(void);

void lun_team_set_alone(bool (*alone)(void))
{
	others_wait = alone;
}

uint32_t lun_team_size(const struct lun_map *map)
{
	bool (*alone)(void) = others_wait;
	cpu_set_t cpus;
	int n;

	if (map->info.max_entries < LEAST_ENTRIES || (alone && alone()))
		return 1;
	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		return 1;
	n = CPU_COUNT(&cpus);
	if (n < 2 || !lun_ranges_able(map->info.type))
		return 1;
	return n < LUN_TEAM_MAX ? (uint32_t)n : LUN_TEAM_MAX;
}

static uint32_t capacity_of(const struct lun_map *map)
{
	uint64_t n = BATCH_BYTES / ((uint64_t)map->info.key_size + map->value_bytes + 1);

	return n < LEAST_BATCH ? LEAST_BATCH : n > MOST_BATCH ? MOST_BATCH : (uint32_t)n;
}

/* Takes the next range; false when there is none, or the walk is to end. Waits while too many texts
 * wait. */
static bool take_range(struct lun_team *team, uint64_t *number)
{
	bool ok;

	pthread_mutex_lock(&team->lock);
	while (!team->stop && team->next < team->nr_ranges &&
		team->next >= team->given + team->nr_parts)
		pthread_cond_wait(&team->taken, &team->lock);
	ok = !team->stop && team->next < team->nr_ranges;
	if (ok)
		*number = team->next++;
	pthread_mutex_unlock(&team->lock);
	return ok;
}

static void give_range(struct lun_team *team, uint64_t number, uint64_t seen, int err)
{
	pthread_mutex_lock(&team->lock);
	team->seen += seen;
	if (err && !team->err)
		team->err = err;
	if (err)
		team->stop = true;
	team->parts[number % team->nr_parts].ready = true;
	pthread_cond_signal(&team->made);
	if (err)
		pthread_cond_broadcast(&team->taken);
	pthread_mutex_unlock(&team->lock);
}

static int read_range(
	struct lun_team *team, struct lun_range *range, void *user, uint64_t number, uint64_t *seen)
{
	struct lun_out *out = &team->parts[number % team->nr_parts].out;
	uint64_t first = team->first + number * team->width;
	int n, err = 0;

	lun_range_begin(
		range, first, number + 1 < team->nr_ranges ? first + team->width : UINT64_MAX);
	while (!err && !range->done && !team->stop) {
		n = lun_range_next(range);
		if (n < 0)
			return n;
		*seen += (uint64_t)n;
		err = n ? team->fn(user, range, (uint32_t)n, out) : 0;
	}
	return err ? err : out->err;
}

static void *run(void *arg)
{
	struct member *member = arg;
	struct lun_team *team = member->team;
	struct lun_range range;
	uint64_t number;
	int err = lun_range_open(&range, team->map, capacity_of(team->map));

	while (take_range(team, &number)) {
		uint64_t seen = 0;

		if (!err)
			err = read_range(team, &range, member->user, number, &seen);
		give_range(team, number, seen, err);
	}
	lun_range_close(&range);
	pthread_mutex_lock(&team->lock);
	team->running--;
	pthread_cond_broadcast(&team->made);
	pthread_mutex_unlock(&team->lock);
	return NULL;
}

static void start(struct lun_team *team, void *const *members, uint32_t nr)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (uint32_t i = 0; i < nr; i++) {
		struct member *member = &team->members[team->nr_threads];

		member->team = team;
		member->user = members[i];
		pthread_mutex_lock(&team->lock);
		team->running++;
		pthread_mutex_unlock(&team->lock);
		if (!pthread_create(&member->thread, NULL, run, member)) {
			team->nr_threads++;
			continue;
		}
		pthread_mutex_lock(&team->lock);
		team->running--;
		pthread_mutex_unlock(&team->lock);
		break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Positions of a range, by the entries that the first positions had. */
static uint64_t width_of(uint64_t first, uint64_t seen)
{
	uint64_t width = seen ? (uint64_t)((double)first / (double)seen * RANGE_ENTRIES) : 0;

	return width < RANGE_ENTRIES ? RANGE_ENTRIES : width;
}

int lun_team_open(struct lun_team **result, const struct lun_map *map, uint64_t first,
	uint64_t seen, lun_team_fn fn, void *const *members, uint32_t nr)
{
	struct lun_team *team = calloc(1, sizeof(*team));
	uint64_t size = lun_ranges_size(map);

	if (!team)
		return -ENOMEM;
	pthread_mutex_init(&team->lock, NULL);
	pthread_cond_init(&team->taken, NULL);
	pthread_cond_init(&team->made, NULL);
	team->map = map;
	team->fn = fn;
	team->first = first;
	team->width = width_of(first, seen);
	team->nr_ranges = first < size ? (size - first + team->width - 1) / team->width : 1;
	team->nr_parts = AHEAD * nr;
	start(team, members, nr);
	if (!team->nr_threads) {
		lun_team_close(team);
		return -EAGAIN;
	}
	*result = team;
	return 0;
}

uint64_t lun_team_close(struct lun_team *team)
{
	uint64_t seen;

	if (!team)
		return 0;
	pthread_mutex_lock(&team->lock);
	team->stop = true;
	pthread_cond_broadcast(&team->taken);
	pthread_mutex_unlock(&team->lock);
	for (uint32_t i = 0; i < team->nr_threads; i++)
		pthread_join(team->members[i].thread, NULL);
	for (uint32_t i = 0; i < AHEAD * LUN_TEAM_MAX; i++)
		lun_out_free(&team->parts[i].out);
	pthread_cond_destroy(&team->made);
	pthread_cond_destroy(&team->taken);
	pthread_mutex_destroy(&team->lock);
	seen = team->seen;
	free(team);
	return seen;
}

int lun_team_next(struct lun_team *team, struct lun_out *out)
{
	struct part *part = &team->parts[team->given % team->nr_parts];
	struct lun_out text = *out;
	int more;

	pthread_mutex_lock(&team->lock);
	while (!part->ready && !team->err)
		pthread_cond_wait(&team->made, &team->lock);
	if (team->err) {
		more = team->err;
	} else {
		*out = part->out;
		part->out = text;
		part->ready = false;
		more = ++team->given < team->nr_ranges;
		pthread_cond_broadcast(&team->taken);
	}
	pthread_mutex_unlock(&team->lock);
	return more;
}

int lun_team_wait(struct lun_team *team)
{
	struct lun_out out;
	int more;

	lun_out_init(&out);
	while ((more = lun_team_next(team, &out)) > 0)
		lun_out_reset(&out);
	lun_out_free(&out);
	return more;
}
