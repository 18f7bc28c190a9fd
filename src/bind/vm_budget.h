#pragma once
/*
 * What a VM may use: the counting allocator, and the hook that ends a call which runs too
 * long. Private to src/bind/vm*.c.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "bind/vm.h"

struct lun_vm_budget {
	size_t memory, memory_cap;
	struct lun_vm_limits limits; /* as asked for, for the message */
	int64_t deadline;            /* CLOCK_MONOTONIC ns; INT64_MAX: none */
	uint64_t left;               /* instructions; UINT64_MAX: no limit */
	unsigned grace;              /* hooks until the error is raised again */
	bool over;
	atomic_bool stop;
};

/* A new state whose memory is counted; NULL when memory is short. */
lua_State *lun_vm_budget_open(size_t memory_cap);
/* Closes the state and frees the budget. */
void lun_vm_budget_close(lua_State *L);
struct lun_vm_budget *lun_vm_budget_of(lua_State *L);
/* Replaces what would let code escape the hook; after the libraries are open. */
void lun_vm_budget_install(lua_State *L);
