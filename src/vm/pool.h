#pragma once
/*
 * The pool of VM threads: a Lua VM, an 8 MiB stack and a queue each. A request goes to
 * whichever is free; what belongs to a connection goes to the VM that knows it. The VMs of
 * one loading of the scripts are a generation: a reload makes a new one beside the old one,
 * which ends when its connections have.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lun_pool;
struct lun_vm_config;

struct lun_pool_config {
	const struct lun_vm_config *vm;
	unsigned workers; /* VM threads; 0: one a CPU, 2 to 8 */
	unsigned queue;   /* requests that may wait */
	double seconds;   /* what one job may take */
	uint64_t instructions;
	const char *options; /* packed: what the scripts' loader gets */
	size_t options_len;
};

/* Starts the first generation. NULL when its scripts fail or memory is short; err says why
 * (malloc'd, the caller's). The config must outlive the pool. */
struct lun_pool *lun_pool_open(const struct lun_pool_config *config, char **err);
/* Loads the scripts anew. 0, or -1 with err as above: the generation before goes on then. */
int lun_pool_reload(struct lun_pool *pool, char **err);
/* Takes no more requests, ends services, and asks connections to end: waits for them for at most
 * so many seconds. A client that does not read keeps its connection: cut it then. */
void lun_pool_retire(struct lun_pool *pool, double seconds);
/* Ends the VMs; waits for at most so many seconds. */
void lun_pool_close(struct lun_pool *pool, double seconds);

struct lun_pool_figures {
	unsigned workers, busy, queued, connections, services, generation;
	size_t memory; /* bytes, all VMs of the serving generation */
};
void lun_pool_figures(struct lun_pool *pool, struct lun_pool_figures *figures);
