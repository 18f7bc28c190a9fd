#pragma once
/* What the parts of the pool share: pool.c (generations), worker.c (threads), supervisor.c
 * (threads that are stuck), service.c. */
#include <pthread.h>
#include <stdatomic.h>

#include "text/monotonic.h"
#include "vm/conn_private.h"
#include "vm/job.h"
#include "vm/vm.h"

enum { LUN_MAX_WORKERS = 8 };

struct lun_queue {
	struct lun_job *first, **last;
};

/* A thread, its VM and its queue. Freed by its last user: the thread, or who holds it. All of it is
 * under the generation's lock, but for what its thread alone uses. */
struct lun_worker {
	struct lun_worker *next; /* of the generation */
	struct lun_generation *generation;
	unsigned refs; /* the thread, and each hold */
	lua_State *L;  /* its thread's; written under the lock */
	pthread_cond_t wake;
	struct lun_queue own; /* jobs for this VM alone */
	struct lun_conn *conns;
	unsigned holds;
	unsigned conns_len;
	bool idle;
	bool loading, first; /* first: the generation's start waits for it */
	bool given_up;       /* stuck in C code: its thread ends when it comes back */
	struct lun_job *job; /* that runs */
	double until;        /* when what it does is to end, lun_monotonic; 0: it does nothing */
	double looked;       /* the supervisor's: when it was last seen late, and how often */
	unsigned beats, late;
	char place[128]; /* where it was given up */
	unsigned epoch;  /* its thread's */
	atomic_size_t memory;
	size_t tidy; /* what was left of it when it was last tidied */
};

/* All VMs of one loading of the scripts. Freed by its last user: workers, services, its maker. */
struct lun_generation {
	struct lun_generation *next; /* of the pool, under its lock */
	struct lun_pool *pool;
	unsigned serial; /* the later, the greater */
	pthread_mutex_t lock;
	pthread_cond_t loaded;
	struct lun_queue shared;
	unsigned queued;  /* in shared */
	unsigned refs;    /* workers, services' threads, and its maker */
	unsigned live;    /* threads that are not given up */
	unsigned pending; /* workers that have not loaded yet, while it starts */
	unsigned holds;   /* connections and streams; while there are any it lives */
	unsigned conns;
	uint64_t jobs;         /* numbers them */
	bool retired;          /* takes no requests any more; ends when nothing holds it */
	bool stopping;         /* ends now */
	bool services_stopped; /* none is to start any more */
	bool services_forced;  /* their Lua code was stopped */
	double services_asked; /* when their end was asked for, lun_monotonic */
	char *err;             /* why loading failed */
	unsigned workers_len;  /* as many as there are to be */
	unsigned serving;      /* that load or serve */
	double retry;          /* none is started anew before, lun_monotonic */
	struct lun_worker *workers;
	struct lun_service *services;
};

struct lun_pool {
	struct lun_pool_config config;
	pthread_mutex_t lock; /* of what follows; taken before a generation's */
	pthread_cond_t changed;
	struct lun_generation *generations; /* that live */
	struct lun_generation *current;
	unsigned number; /* of the current generation */
	unsigned serials;
	unsigned stuck;    /* workers that are given up, and have not come back */
	unsigned given_up; /* ever */
	bool told_full;    /* that so many are stuck that none is replaced */
	bool abandoned;    /* closed while threads were stuck: the last of them frees it */
	bool ending;       /* nothing is loaded any more */
	/* supervisor.c */
	pthread_t supervisor;
	pthread_cond_t bell;
	atomic_bool asleep; /* the supervisor: nothing runs that could get stuck */
	bool has_supervisor, closing;
};

/* worker.c */
/* Starts the generation's threads, which load the scripts; waits until they have. 0, or -1. */
int lun_generation_start(struct lun_generation *generation);
/* One more worker. Under the generation's lock. 0 or -errno. */
int lun_worker_start(struct lun_generation *generation, bool first);
/* One that is not given up, held as by lun_worker_hold; NULL when there is none. */
struct lun_worker *lun_worker_hold_any(struct lun_generation *generation);
/* Under the generation's lock: wakes all its threads to look at retired and stopping. */
void lun_generation_wake(struct lun_generation *generation);
void lun_worker_close_conns(struct lun_worker *worker, int code, const char *reason);
/* Says when what the worker does next is to end; 0 seconds: it has no end. */
void lun_worker_begin(struct lun_worker *worker, double seconds);
/* The worker's VM from now on, or NULL: before the one before is freed. */
void lun_worker_set_vm(struct lun_worker *worker, lua_State *L);
/* Under the generation's lock: takes all jobs out of a queue, as a list. */
struct lun_job *lun_queue_take_all(struct lun_queue *queue);
/* Without any lock: none of the list will run. */
void lun_jobs_cancel(struct lun_job *list, const char *why, bool given_up);

/* worker_memory.c */
/* After each job: replaces a VM that scripts have filled. */
void lun_worker_check_memory(struct lun_worker *worker);
/* Whether tidying is worth its while: it collects all garbage and gives memory back. */
bool lun_worker_is_untidy(const struct lun_worker *worker);
void lun_worker_tidy(struct lun_worker *worker);

/* pool.c */
/* Loads the scripts into L, in a VM that answers requests or in one of a service. NULL, or why it
 * failed (malloc'd). */
char *lun_pool_load(lua_State *L, const struct lun_pool_config *config, bool answers);
/* One user of the generation less; the last one frees it. Without any lock. */
void lun_generation_unref(struct lun_generation *generation);
/* A thread of the pool has ended, or is given up. Without any lock. */
void lun_pool_changed(struct lun_pool *pool);

/* supervisor.c */
int lun_supervisor_start(struct lun_pool *pool);
void lun_supervisor_stop(struct lun_pool *pool);
/* Something runs: costs nothing while the supervisor is awake. Without any lock. */
void lun_supervisor_wake(struct lun_pool *pool);

/* service.c */
/* Starts the services that the scripts declare: a thread and a VM each. One whose predecessor of
 * an older generation still runs waits for its end. */
void lun_services_start(struct lun_generation *generation);
/* Asks them to end. */
void lun_services_stop(struct lun_generation *generation);
/* Under the generation's lock, now and then after lun_services_stop: stops the Lua code of services
 * that did not end, and then gives up those that are stuck in C code. False when none is left. */
bool lun_services_tend(struct lun_generation *generation, double now);
/* With the generation. */
void lun_services_free(struct lun_generation *generation);
/* Under the generation's lock: how many run, and how many wait for a predecessor that is stuck. */
void lun_services_count(struct lun_generation *generation, unsigned *running, unsigned *waiting);

/* A thread with the 8 MiB stack that Lua needs. 0 or -errno. */
int lun_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);
