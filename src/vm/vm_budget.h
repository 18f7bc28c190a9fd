#pragma once
/*
 * Limits of a VM: the counting allocator, and the hook that ends a call which runs too long
 * (vm_watch.h: when the hook is set). Private to src/vm/vm*.c.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "vm/vm.h"
#include "vm/vm_watch.h"

struct lun_vm_budget {
	size_t memory, memory_cap;
	bool contained;              /* VM of a server: see vm.h */
	struct lun_vm_limits limits; /* the limits as given, for the error message */
	int64_t deadline;            /* CLOCK_MONOTONIC ns; INT64_MAX: none */
	uint64_t left;               /* instructions left; UINT64_MAX: no limit */
	bool over;                   /* a limit was passed and the error raised */
	unsigned ended;              /* runs that were ended so */
	unsigned grace;              /* hook calls until the error is raised again */
	int closing;                 /* instructions left for closing variables after that */
	lua_State *failed; /* the coroutine in which the error was raised last, and the depth of its
			      stack */
	int failed_depth;
	atomic_bool stop, interrupted;
	struct lun_vm_watch watch;
};

/* Makes a Lua state whose memory is counted; NULL when memory is short. */
lua_State *lun_vm_budget_open(size_t memory_cap, bool contained);
/* Closes the state and frees the budget. */
void lun_vm_budget_close(lua_State *L);
struct lun_vm_budget *lun_vm_budget_of(lua_State *L);
/* CLOCK_MONOTONIC ns. */
int64_t lun_vm_now(void);
void lun_vm_hook(lua_State *L, lua_Debug *ar);
/* Pushes the reason: "over budget: 10.0 seconds", for example. */
void lun_vm_push_reason(lua_State *L);
/* Replace the library functions by which Lua code could escape the hook. Call them after the
 * libraries are opened. */
void lun_vm_hook_install(lua_State *L);
void lun_vm_coroutine_install(lua_State *L);
void lun_vm_gc_install(lua_State *L);
