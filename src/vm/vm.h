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
	const char *root; /* read Lua files from this directory's lua/ instead; may be NULL */
	size_t memory;    /* most bytes that the VM may hold; 0: no cap */
	/* One of many of a server: finalizers have limits, children end with their call, and the
	 * input of the process is not read. */
	bool contained;
	/* C modules beside the VM's own: NULL-terminated, may be NULL */
	const luaL_Reg *const *modules;
};

/* What one call may use; 0: no limit. */
struct lun_vm_limits {
	double seconds;
	uint64_t instructions;
};

/* A VM with its libraries open, or NULL when memory is short. */
lua_State *lun_vm_new(const struct lun_vm_config *config);
void lun_vm_free(lua_State *L);
/* Bytes that it holds now. */
size_t lun_vm_memory(lua_State *L);

/* lua_pcall with a traceback on the error message: the function and nargs are on the stack. */
int lun_vm_call(lua_State *L, int nargs, int nresults);
/* The same within limits. When one is passed, an error is raised in whatever runs, coroutines
 * too, and again after each pcall that swallows it, until the call is over. Calls may nest:
 * the inner one never gets more than is left of the outer one. */
int lun_vm_run(lua_State *L, int nargs, int nresults, const struct lun_vm_limits *limits);
/* Asks from any thread that the running call ends as if its time were over. */
void lun_vm_stop(lua_State *L);
/* The same without limits, and with the message handler at an index (no pseudo-index). It ends
 * when lun_vm_interrupt() asks for it. */
int lun_vm_run_interruptibly(lua_State *L, int nargs, int nresults, int handler, bool *interrupted);
/* From any thread, and from signal handlers. */
void lun_vm_interrupt(lua_State *L);
/* For C functions that loop: counts so many steps as instructions, and raises when the run that L
 * is in is to end. */
void lun_vm_charge(lua_State *L, unsigned steps);
/* Whether it is to end: then a C function gives up what it waits for. */
bool lun_vm_is_over(lua_State *L);
/* How many runs were ended so far: nobody waits any more for what was begun in one of them. */
unsigned lun_vm_overs(lua_State *L);
/* Where L is, when it has not come back to Lua code for a while after it was to end: "file:line" of
 * the Lua code that called what is stuck. False when it is not stuck. From any thread. */
bool lun_vm_stuck_at(lua_State *L, char *place, size_t len);
/* Calls this once L is stuck, from a signal handler. Before any run. */
void lun_vm_on_stuck(lua_State *L, void (*on_stuck)(void *ctx), void *ctx);
/* Seconds until the run that L is in is ended; INFINITY: it is not. */
double lun_vm_left(lua_State *L);

/* Runs require("lunette.cli").main(argv...) and returns the exit code; errors go to stderr. */
int lun_vm_main(const struct lun_vm_config *config, int argc, char **argv);
