#pragma once
/*
 * What a VM may use: the counting allocator, and the hook that ends a call which runs too
 * long (vm_watch.h says when it is set). Private to src/vm/vm*.c.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "vm/vm.h"
#include "vm/vm_watch.h"

struct lun_vm_budget {
	size_t memory, memory_cap;
	bool contained;              /* of a server: vm.h */
	struct lun_vm_limits limits; /* as asked for, for the message */
	int64_t deadline;            /* CLOCK_MONOTONIC ns; INT64_MAX: none */
	uint64_t left;               /* instructions; UINT64_MAX: no limit */
	bool over;                   /* the error has been raised */
	unsigned overs;              /* how many runs ended so */
	unsigned grace;              /* hooks until it is raised again */
	int closing;                 /* instructions that are left to close functions after that */
	lua_State *failed;           /* where it was raised last then, and how deep */
	int failed_depth;
	atomic_bool stop, interrupted;
	struct lun_vm_watch watch;
};

/* A new state whose memory is counted; NULL when memory is short. */
lua_State *lun_vm_budget_open(size_t memory_cap, bool contained);
/* Closes the state and frees the budget. */
void lun_vm_budget_close(lua_State *L);
struct lun_vm_budget *lun_vm_budget_of(lua_State *L);
/* CLOCK_MONOTONIC ns. */
int64_t lun_vm_now(void);
void lun_vm_hook(lua_State *L, lua_Debug *ar);
/* "over budget: 10.0 seconds" and the like. */
void lun_vm_push_reason(lua_State *L);
/* Replace what would let code escape the hook; after the libraries are open. */
void lun_vm_hook_install(lua_State *L);
void lun_vm_coroutine_install(lua_State *L);
void lun_vm_gc_install(lua_State *L);
