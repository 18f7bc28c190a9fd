#pragma once
/*
 * One Lua VM with Lunette's libraries: Lua's own, the C modules, and the embedded
 * Lua files behind require() with their real names. A VM belongs to one thread. Its memory
 * is counted and may be capped; a call may be limited in time and in instructions.
 */
#include <lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lun_vm_config {
	const char *root; /* its lua/ is read before the embedded files; may be NULL */
	size_t memory;    /* most bytes of memory; 0: no cap */
	/* For VMs of a server: finalizers have a time limit, child processes end with the call that
	 * started them, and standard input is empty. */
	bool contained;
	/* more C modules: NULL-terminated; may be NULL */
	const luaL_Reg *const *modules;
};

/* Limits of one call; 0: none. */
struct lun_vm_limits {
	double seconds;
	uint64_t instructions;
};

/* A VM with its libraries open; NULL when memory is short. */
lua_State *lun_vm_new(const struct lun_vm_config *config);
void lun_vm_free(lua_State *L);
/* Bytes that the VM holds now. */
size_t lun_vm_memory(lua_State *L);

/* lua_pcall with a traceback. Stack: the function and its nargs arguments. */
int lun_vm_call(lua_State *L, int nargs, int nresults);
/* The same within limits. Once a limit is passed, an error is raised in the running code, in
 * coroutines too, and again after each pcall that catches it, until the call is over. Calls may
 * nest: an inner call gets no more than its outer call has left. */
int lun_vm_run(lua_State *L, int nargs, int nresults, const struct lun_vm_limits *limits);
/* From any thread: ends the running call, as if its time were over. */
void lun_vm_stop(lua_State *L);
/* lun_vm_call without limits, with the message handler at an index (not a pseudo-index).
 * lun_vm_interrupt() ends it. */
int lun_vm_run_interruptibly(lua_State *L, int nargs, int nresults, int handler, bool *interrupted);
/* From any thread, and from signal handlers. */
void lun_vm_interrupt(lua_State *L);
/* For C functions that loop: counts n steps as instructions, and raises when the run of L must
 * end. */
void lun_vm_charge(lua_State *L, unsigned steps);
/* True when the run of L must end: a C function then stops waiting. */
bool lun_vm_is_over(lua_State *L);
/* Counts the runs that were ended. A C object that belongs to an ended run finds that the count has
 * changed. */
unsigned lun_vm_ended_runs(lua_State *L);
/* True when the run of L should have ended but has not returned to Lua code for a while; place:
 * "file:line" of the Lua code that called the C function. From any thread. */
bool lun_vm_stuck_at(lua_State *L, char *place, size_t len);
/* Counts the calls of hooks in L. From any thread. While a run should end and this does not grow, L
 * is in C code. */
unsigned lun_vm_beats(lua_State *L);
/* Seconds until the run of L is ended; INFINITY: no limit. */
double lun_vm_left(lua_State *L);

/* Runs require("lunette.cli").main(argv...) and returns the exit code; errors go to stderr. */
int lun_vm_main(const struct lun_vm_config *config, int argc, char **argv);
