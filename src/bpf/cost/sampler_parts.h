#pragma once
/* The inside of the sampler, which sampler.c fills and sampler_read.c answers from. */
#include <pthread.h>

#include "bpf/object/prog.h"
#include "bpf/cost/sampler.h"

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
	uint64_t written;   /* the newest sample in `ring`; older samples are zero */
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
	struct lun_value_history *gauges;
	uint32_t rings, programs, dropped;
	uint64_t cost, total_cost;
	int stats;
	uint64_t counted_since; /* when the kernel began to count, 0 while it does not */
	uint64_t counted;       /* ns that it counted since the last sample, before that */
	uint64_t last_boot;     /* when the last sample was taken, since boot */
};

/* The series of a program, or NULL. With the lock held. */
struct series *lun_sampler_find(const struct lun_sampler *s, uint32_t id);
