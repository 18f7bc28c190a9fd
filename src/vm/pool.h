#pragma once
/*
 * The pool of VM threads: a Lua VM, an 8 MiB stack and a queue each. A request goes to
 * whichever is free; what belongs to a connection goes to the VM that knows it. The VMs of
 * one loading of the scripts are a generation: a reload makes a new one beside the old one,
 * which ends when its connections have.
 *
 * A VM that is stuck in C code, from which no hook and no signal gets it back, is given up a few
 * seconds after its time was over: its request fails, its connections end, and a new thread with a
 * VM of its own takes its place. There may be twice as many stuck ones as VMs.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lun_pool;
struct lun_vm_config;

struct lun_pool_config {
	const struct lun_vm_config *vm;
	unsigned workers;    /* VM threads; 0: one per CPU, from 2 to 8 */
	unsigned queue;      /* requests that may wait */
	double seconds;      /* time limit of a job */
	double load_seconds; /* time limit of loading the scripts */
	double patience;     /* seconds after a limit until a VM is given up; 0: 3 */
	uint64_t instructions;
	const char *options; /* packed; passed to the script loader */
	size_t options_len;
};

/* Starts the first generation. NULL when its scripts fail or memory is short, with the reason in
 * *err (malloc'd; the caller frees it). The config must outlive the pool. */
struct lun_pool *lun_pool_open(const struct lun_pool_config *config, char **err);
/* Loads the scripts again. 0; or -1 with *err as above, and the old generation goes on. */
int lun_pool_reload(struct lun_pool *pool, char **err);
/* From any thread: stops all loading, now and later. */
void lun_pool_stop_loading(struct lun_pool *pool);
/* Takes no more requests, ends services, and asks connections to end. Waits at most so many seconds
 * for them. A client that does not read stays connected: cut its connection then. */
void lun_pool_retire(struct lun_pool *pool, double seconds);
/* Ends the VMs; waits for at most so many seconds. If threads are stuck then, they and the pool
 * stay: the process should exit. */
void lun_pool_close(struct lun_pool *pool, double seconds);

struct lun_pool_figures {
	unsigned workers; /* loading or serving; 0: all are stuck */
	unsigned busy, queued, connections, generation;
	unsigned services;         /* that run */
	unsigned services_waiting; /* waiting for a stuck predecessor */
	unsigned stuck;            /* VMs given up that have not returned */
	unsigned given_up;         /* ever */
	size_t memory;             /* bytes, all VMs of the serving generation */
};
void lun_pool_figures(struct lun_pool *pool, struct lun_pool_figures *figures);
