#pragma once
/* What the parts of the pool share: pool.c (generations), worker.c (threads), service.c. */
#include <pthread.h>
#include <stdatomic.h>

#include "text/monotonic.h"
#include "vm/conn_private.h"
#include "vm/job.h"
#include "vm/vm.h"

struct lun_queue {
	struct lun_job *first, **last;
};

struct lun_worker {
	struct lun_generation *generation;
	lua_State *L;
	pthread_cond_t wake;
	struct lun_queue own; /* jobs for this VM alone */
	struct lun_conn *conns;
	bool idle;
	unsigned epoch;
	atomic_size_t memory;
	size_t tidy; /* what was left of it when it was last tidied */
};

/* All VMs of one loading of the scripts. Freed by its last thread. */
struct lun_generation {
	struct lun_pool *pool;
	pthread_mutex_t lock;
	pthread_cond_t loaded;
	struct lun_queue shared;
	unsigned queued;  /* in shared */
	unsigned threads; /* that run */
	unsigned pending; /* workers that have not loaded yet */
	unsigned holds;   /* connections and streams; while there are any it lives */
	unsigned conns;
	uint64_t jobs;         /* numbers them */
	bool retired;          /* takes no requests any more; ends when nothing holds it */
	bool stopping;         /* ends now */
	bool services_stopped; /* none is to start any more */
	char *err;             /* why loading failed */
	unsigned workers_len;
	struct lun_worker workers[8];
	struct lun_service *services;
};

struct lun_pool {
	struct lun_pool_config config;
	pthread_mutex_t lock; /* of what follows; taken before a generation's */
	pthread_cond_t changed;
	struct lun_generation *current;
	unsigned number;      /* of the current generation */
	unsigned generations; /* that live */
};

/* worker.c */
/* Starts the generation's threads, which load the scripts; waits until they have. 0, or -1. */
int lun_generation_start(struct lun_generation *generation);
/* Under the generation's lock: wakes all its threads to look at retired and stopping. */
void lun_generation_wake(struct lun_generation *generation);

void lun_worker_close_conns(struct lun_worker *worker, int code, const char *reason);

/* worker_memory.c */
/* After each job: replaces a VM that scripts have filled. */
void lun_worker_check_memory(struct lun_worker *worker);
/* Whether tidying is worth its while: it collects all garbage and gives memory back. */
bool lun_worker_is_untidy(const struct lun_worker *worker);
void lun_worker_tidy(struct lun_worker *worker);

/* pool.c */
/* The last thread of a generation is done. */
void lun_generation_free(struct lun_generation *generation);

/* service.c */
/* Starts the services that the scripts declare: a thread and a VM each. */
void lun_services_start(struct lun_generation *generation);
/* Asks them to end, and waits for at most so many seconds; then stops their Lua code. */
void lun_services_stop(struct lun_generation *generation, double seconds);
/* With the generation. */
void lun_services_free(struct lun_generation *generation);
unsigned lun_services_count(struct lun_generation *generation);

/* A thread with the 8 MiB stack that Lua needs. 0 or -errno. */
int lun_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);
