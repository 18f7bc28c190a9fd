#pragma once
/* Shared by the parts of the pool: pool.c (generations), worker.c (threads), supervisor.c (stuck
 * threads), service.c (services). */
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

/* A thread, its VM and its queue. Freed by the last reference: the thread's, or a holder's. Guarded
 * by the generation's lock, except for members that only its thread uses. */
struct lun_worker {
	struct lun_worker *next; /* in the generation's list */
	struct lun_generation *generation;
	unsigned refs; /* one for the thread, one for each holder */
	lua_State *L;  /* used by its thread; written under the lock */
	pthread_cond_t wake;
	struct lun_queue own; /* jobs for this VM alone */
	struct lun_conn *conns;
	unsigned holds;
	unsigned conns_len;
	bool idle;
	bool loading, first; /* first: the start of the generation waits for this worker */
	bool given_up;       /* stuck in C code: the thread ends when it returns */
	struct lun_job *job; /* that runs */
	double until;        /* time limit of the current job, lun_monotonic; 0: no job */
	double looked;       /* the supervisor's: when it was last seen late, and how often */
	unsigned beats, late;
	char place[128]; /* the Lua line at which it was given up */
	unsigned epoch;  /* its thread's */
	atomic_size_t memory;
	size_t tidy; /* memory left after the last tidying */
};

/* All VMs of one loading of the scripts. Freed by the last reference: of workers, services, its
 * maker. */
struct lun_generation {
	struct lun_generation *next; /* in the pool's list, guarded by the pool's lock */
	struct lun_pool *pool;
	unsigned serial; /* increases with each generation */
	pthread_mutex_t lock;
	pthread_cond_t loaded;
	struct lun_queue shared;
	unsigned queued;  /* in shared */
	unsigned refs;    /* workers, threads of services, and the maker */
	unsigned live;    /* threads, without those given up */
	unsigned pending; /* while starting: workers that have not loaded yet */
	unsigned holds;   /* connections and streams; the generation lives while there are any */
	unsigned conns;
	uint64_t jobs;         /* numbers them */
	bool retired;          /* takes no requests; ends when nothing holds it */
	bool stopping;         /* ends now */
	bool services_stopped; /* no more services may start */
	bool services_forced;  /* their Lua code has been stopped */
	double services_asked; /* when they were asked to end, lun_monotonic */
	char *err;             /* the reason why loading failed */
	unsigned workers_len;  /* intended number of workers */
	unsigned serving;      /* workers that load or serve */
	double retry;          /* no worker is restarted before this time, lun_monotonic */
	struct lun_worker *workers;
	struct lun_service *services;
};

struct lun_pool {
	struct lun_pool_config config;
	pthread_mutex_t lock; /* guards the members below; taken before a generation's lock */
	pthread_cond_t changed;
	struct lun_generation *generations; /* that live */
	struct lun_generation *current;
	unsigned number; /* of the current generation */
	unsigned serials;
	unsigned stuck;    /* workers that were given up and have not returned */
	unsigned given_up; /* ever */
	bool told_full;    /* the log says that too many are stuck to replace more */
	bool abandoned;    /* closed while threads were stuck: the last of them frees the pool */
	bool ending;       /* nothing is loaded any more */
	/* supervisor.c */
	pthread_t supervisor;
	pthread_cond_t bell;
	atomic_bool asleep; /* the supervisor sleeps: nothing runs that could get stuck */
	bool has_supervisor, closing;
};

/* worker.c */
/* Starts the generation's threads and waits until they have loaded the scripts. 0, or -1. */
int lun_generation_start(struct lun_generation *generation);
/* Under the generation's lock. Starts one more worker. 0 or -errno. */
int lun_worker_start(struct lun_generation *generation, bool first);
/* A worker that is not given up, held as by lun_worker_hold; NULL when there is none. */
struct lun_worker *lun_worker_hold_any(struct lun_generation *generation);
/* Under the generation's lock. Wakes all its threads, so that they see retired and stopping. */
void lun_generation_wake(struct lun_generation *generation);
void lun_worker_close_conns(struct lun_worker *worker, int code, const char *reason);
/* Sets the time limit of the worker's next work; 0 seconds: none. */
void lun_worker_begin(struct lun_worker *worker, double seconds);
/* Sets the worker's VM, or NULL. Call it before the old VM is freed. */
void lun_worker_set_vm(struct lun_worker *worker, lua_State *L);
/* Under the generation's lock. Moves all jobs out of a queue into a list. */
struct lun_job *lun_queue_take_all(struct lun_queue *queue);
/* Without any lock. Finishes the jobs of a list without running them. */
void lun_jobs_cancel(struct lun_job *list, const char *why, bool given_up);

/* worker_memory.c */
/* After each job: replaces the VM when scripts have filled its memory. */
void lun_worker_check_memory(struct lun_worker *worker);
/* True when tidying is worthwhile: it collects all garbage and returns memory to the kernel. */
bool lun_worker_is_untidy(const struct lun_worker *worker);
void lun_worker_tidy(struct lun_worker *worker);

/* pool.c */
/* Loads the scripts into L: for requests, or for a service. NULL; or the error (malloc'd). */
char *lun_pool_load(lua_State *L, const struct lun_pool_config *config, bool answers);
/* Without any lock. Drops a reference; the last one frees the generation. */
void lun_generation_unref(struct lun_generation *generation);
/* Without any lock. A thread of the pool has ended or was given up. */
void lun_pool_changed(struct lun_pool *pool);

/* supervisor.c */
int lun_supervisor_start(struct lun_pool *pool);
void lun_supervisor_stop(struct lun_pool *pool);
/* Without any lock. Something runs now; does nothing while the supervisor is awake. */
void lun_supervisor_wake(struct lun_pool *pool);

/* service.c */
/* Starts the scripts' services, each with a thread and a VM. A service whose predecessor of an
 * older generation still runs waits for its end. */
void lun_services_start(struct lun_generation *generation);
/* Asks the services to end. */
void lun_services_stop(struct lun_generation *generation);
/* Under the generation's lock, repeatedly after lun_services_stop: stops the Lua code of services
 * that have not ended, then gives up those stuck in C code. False when none is left. */
bool lun_services_force_end(struct lun_generation *generation, double now);
/* Freed together with the generation. */
void lun_services_free(struct lun_generation *generation);
/* Under the generation's lock. The numbers of running services, and of those waiting for a stuck
 * predecessor. */
void lun_services_count(struct lun_generation *generation, unsigned *running, unsigned *waiting);

/* Starts a thread with the 8 MiB stack that Lua needs. 0 or -errno. */
int lun_thread_start(pthread_t *thread, void *(*run)(void *), void *arg);
