/* Memory of the pool's VMs: a VM whose memory is full is replaced, and an idle VM returns
 * memory. */
#include <malloc.h>
#include <stdlib.h>

#include "text/log.h"
#include "vm/pool_private.h"

enum { GROWN = 4 << 20 }; /* bytes of growth since the last tidying */

/* A VM with the scripts loaded; NULL and *err (malloc'd; NULL: out of memory) on failure. */
static lua_State *new_vm(const struct lun_pool_config *config, char **err)
{
	lua_State *L = lun_vm_new(config->vm);

	*err = L ? lun_pool_load(L, config, true) : NULL;
	if (L && !*err)
		return L;
	if (L)
		lun_vm_free(L);
	return NULL;
}

/*
 * When a VM stays above half of its cap after a full collection, a script keeps too much data in
 * it. The VM is replaced, and its connections start again.
 */
void lun_worker_check_memory(struct lun_worker *worker)
{
	const struct lun_pool_config *config = &worker->generation->pool->config;
	size_t cap = config->vm->memory;
	lua_State *L, *before;
	char *err;

	worker->memory = lun_vm_memory(worker->L);
	if (!cap || worker->memory < cap / 2)
		return;
	lua_gc(worker->L, LUA_GCCOLLECT);
	worker->memory = lun_vm_memory(worker->L);
	if (worker->memory < cap / 2)
		return;
	lun_log("warning", "a VM is full (%zu MiB): replaced", worker->memory >> 20);
	lun_worker_begin(worker, config->load_seconds);
	L = new_vm(config, &err);
	if (!L) {
		lun_log("error", "the VM could not be replaced: %s", err ? err : "?");
		free(err);
		return;
	}
	lun_worker_close_conns(worker, 1012, "out of memory");
	worker->epoch++;
	before = worker->L;
	lun_worker_set_vm(worker, L);
	lun_vm_free(before);
	worker->tidy = 0;
}

bool lun_worker_is_untidy(const struct lun_worker *worker)
{
	return worker->L && worker->memory > worker->tidy + GROWN;
}

/* A long list leaves megabytes of garbage, which Lua would otherwise free only slowly. */
void lun_worker_tidy(struct lun_worker *worker)
{
	lua_gc(worker->L, LUA_GCCOLLECT);
	worker->memory = worker->tidy = lun_vm_memory(worker->L);
	malloc_trim(0);
}
