#pragma once
/* Jobs for the pool's VMs. Private to src/vm and src/bind: includes lua.h. */
#include <lua.h>

#include "vm/pool.h"

struct lun_worker;

struct lun_job {
	struct lun_job *next;
	uint64_t number; /* order of arrival */
	/* Runs in a VM within the pool's limits; its only argument is the job, as a light
	 * userdata. */
	lua_CFunction call;
	/* Runs last, and may free the job. err: NULL; or the error that was raised, or the reason
	 * why the job never ran. */
	void (*finish)(struct lun_job *job, const char *err);
};

/* Queues a job for any worker. 0, -EBUSY when the queue is full, -ESHUTDOWN; on failure finish is
 * not called. */
int lun_job_submit(struct lun_pool *pool, struct lun_job *job);
/* Queues a job for one worker, which the caller keeps alive by lun_worker_hold. 0, -ESHUTDOWN. */
int lun_job_send(struct lun_worker *worker, struct lun_job *job);

/* The worker whose job runs in this thread, or NULL. */
struct lun_worker *lun_worker_current(void);
/* Keeps the worker's generation alive. The VM may still be replaced when its memory is full: Lua
 * registry references stay valid only while the epoch is the same. */
struct lun_worker *lun_worker_hold(struct lun_worker *worker);
void lun_worker_release(struct lun_worker *worker);
unsigned lun_worker_epoch(const struct lun_worker *worker);

struct lun_conn;
/* Called when a connection's worker ends. */
void lun_worker_add_conn(struct lun_worker *worker, struct lun_conn *conn);
void lun_worker_remove_conn(struct lun_worker *worker, struct lun_conn *conn);

/* Makes a VM with the scripts loaded, for requests or for one service. NULL with *err (malloc'd) on
 * failure. */
lua_State *lun_pool_vm(const struct lun_pool_config *config, bool answers, char **err);
