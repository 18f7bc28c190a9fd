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
	unsigned workers;    /* VM threads; 0: one a CPU, 2 to 8 */
	unsigned queue;      /* requests that may wait */
	double seconds;      /* what one job may take */
	double load_seconds; /* what loading the scripts may take */
	double patience;     /* seconds after these until a VM is given up; 0: 3 */
	uint64_t instructions;
	const char *options; /* packed: what the scripts' loader gets */
	size_t options_len;
};

/* Starts the first generation. NULL when its scripts fail or memory is short; err says why
 * (malloc'd, the caller's). The config must outlive the pool. */
struct lun_pool *lun_pool_open(const struct lun_pool_config *config, char **err);
/* Loads the scripts anew. 0, or -1 with err as above: the generation before goes on then. */
int lun_pool_reload(struct lun_pool *pool, char **err);
/* From any thread: what is being loaded is stopped, and nothing is loaded any more. */
void lun_pool_hurry(struct lun_pool *pool);
/* Takes no more requests, ends services, and asks connections to end: waits for them for at most
 * so many seconds. A client that does not read keeps its connection: cut it then. */
void lun_pool_retire(struct lun_pool *pool, double seconds);
/* Ends the VMs; waits for at most so many seconds. Threads that are stuck are left behind, and
 * with them the pool: the process is to end then. */
void lun_pool_close(struct lun_pool *pool, double seconds);

struct lun_pool_figures {
	unsigned workers; /* that load or serve; 0: all are stuck */
	unsigned busy, queued, connections, generation;
	unsigned services;         /* that run */
	unsigned services_waiting; /* for the end of a predecessor that is stuck */
	unsigned stuck;            /* VMs that are given up, and still run */
	unsigned given_up;         /* ever */
	size_t memory;             /* bytes, all VMs of the serving generation */
};
void lun_pool_figures(struct lun_pool *pool, struct lun_pool_figures *figures);
