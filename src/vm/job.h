#pragma once
/*
 * Jobs for the pool's VMs. Private to src/vm and src/bind: includes lua.h.
 *
 * A job owns everything that its function reads and writes. When its VM is stuck in C code, the
 * supervisor gives the job up: finish runs although the function has not returned. The job is
 * freed when both are done.
 */
#include <lua.h>
#include <stdatomic.h>

#include "vm/pool.h"

struct lun_worker;

struct lun_job {
	struct lun_job *next;
	uint64_t number;  /* order of arrival */
	atomic_uint refs; /* of the queue or the VM, and of the supervisor */
	/* Runs in a VM within the pool's limits; its only argument is the job, as a light
	 * userdata. */
	lua_CFunction call;
	/* Reports the outcome, once. err: NULL; or the error that was raised, or the reason why the
	 * job never ran. given_up: call may still run, and err is a sentence for users. */
	void (*finish)(struct lun_job *job, const char *err, bool given_up);
	void (*free)(struct lun_job *job);
};

/* A job with one reference, which lun_job_submit and lun_job_send take over. */
static inline struct lun_job lun_job_of(lua_CFunction call,
	void (*finish)(struct lun_job *job, const char *err, bool given_up),
	void (*free)(struct lun_job *job))
{
	return (struct lun_job){ .refs = 1, .call = call, .finish = finish, .free = free };
}

void lun_job_unref(struct lun_job *job);

/* Queues a job for any worker. 0, -EBUSY when the queue is full, -EDEADLK when every VM is stuck,
 * -ESHUTDOWN. On failure finish is not called, and the reference stays the caller's. */
int lun_job_submit(struct lun_pool *pool, struct lun_job *job);
/* Queues a job for one worker, which the caller keeps alive by lun_worker_hold. 0, or -ESHUTDOWN as
 * above. */
int lun_job_send(struct lun_worker *worker, struct lun_job *job);

/* The worker whose job runs in this thread, or NULL. */
struct lun_worker *lun_worker_current(void);
/* Keeps the worker alive, and its generation unless the worker is given up. The VM may still be
 * replaced when its memory is full: Lua registry references stay valid only while the epoch is the
 * same. */
struct lun_worker *lun_worker_hold(struct lun_worker *worker);
void lun_worker_release(struct lun_worker *worker);
unsigned lun_worker_epoch(const struct lun_worker *worker);

struct lun_conn;
/* Called when a connection's worker ends. */
void lun_worker_add_conn(struct lun_worker *worker, struct lun_conn *conn);
void lun_worker_remove_conn(struct lun_worker *worker, struct lun_conn *conn);
