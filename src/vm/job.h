#pragma once
/*
 * Work for the pool's VMs. Private to src/bind: it speaks Lua.
 */
#include <lua.h>

#include "vm/pool.h"

struct lun_worker;

struct lun_job {
	struct lun_job *next;
	uint64_t number; /* order of arrival */
	/* Runs in a VM within the pool's limits; its only argument is the job, as a light userdata.
	 */
	lua_CFunction call;
	/* Runs last, and may free the job. err is NULL, what was raised, or why it never ran. */
	void (*finish)(struct lun_job *job, const char *err);
};

/* 0, -EBUSY when the queue is full, -ESHUTDOWN. finish is not called then. */
int lun_job_submit(struct lun_pool *pool, struct lun_job *job);
/* To one worker, which the caller keeps by lun_worker_hold. 0, -ESHUTDOWN. */
int lun_job_send(struct lun_worker *worker, struct lun_job *job);

/* The worker whose job runs in this thread, or NULL. */
struct lun_worker *lun_worker_current(void);
/* While it is held the worker's generation does not end. The VM may still be replaced when it
 * is out of memory: refs into it are good for as long as the epoch is the same. */
struct lun_worker *lun_worker_hold(struct lun_worker *worker);
void lun_worker_release(struct lun_worker *worker);
unsigned lun_worker_epoch(const struct lun_worker *worker);

struct lun_conn;
/* Connections of a worker are told when it ends. */
void lun_worker_add_conn(struct lun_worker *worker, struct lun_conn *conn);
void lun_worker_remove_conn(struct lun_worker *worker, struct lun_conn *conn);

/* A VM with the scripts loaded, one that answers requests or one of a service; NULL with *err
 * (malloc'd) when that fails. */
lua_State *lun_pool_vm(const struct lun_pool_config *config, bool answers, char **err);
