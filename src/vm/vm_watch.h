#pragma once
/*
 * Ends a run in time. A count hook slows down every Lua instruction, so none is set until it is
 * needed: at the deadline a timer sends a signal to the VM's thread, and the handler sets the hook
 * on the running coroutine. While armed, the timer fires every 10 ms and sets the hook again, in
 * case Lua code removed it. Private to src/vm/vm*.c.
 */
#include <lua.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Instructions between two calls of the hook, unless lun_vm_watch_every changes it. */
enum { LUN_VM_WATCH_OFTEN = 1000 };
enum { LUN_VM_PLACE = 128 };

/* The state of a VM's run. */
struct lun_vm_watch {
	lua_Hook hook;                /* the hook to set when the time is over */
	lua_State *volatile running;  /* the running coroutine, or the main one */
	volatile sig_atomic_t armed;  /* set on running, and on the next one */
	volatile sig_atomic_t called; /* the hook has been called since the last signal */
	bool always;                  /* the hook is set from the beginning */
	int every;                    /* instructions between two calls of the hook */
	int64_t deadline;             /* CLOCK_MONOTONIC ns; INT64_MAX: none */
	atomic_int tid;               /* thread that runs the VM; 0: none */
	/* For a run that must end but does not: it is in C code, in which no hook is called. */
	volatile sig_atomic_t unheeded; /* signals since the hook was last called */
	atomic_bool stuck;              /* `place` has the Lua line */
	atomic_uint beats;              /* calls of the hook */
	char place[LUN_VM_PLACE];
};

/* The outer run's state, restored at the end: runs of the same VM and of others may nest. */
struct lun_vm_watch_frame {
	struct lun_vm_watch *outer; /* the thread's outer run */
	lua_State *running;
	sig_atomic_t armed;
	bool always;
	int every;
	int64_t deadline;
	int tid;
};

void lun_vm_watch_init(struct lun_vm_watch *watch, lua_Hook hook);
/* The calling thread runs L from now on, until lun_vm_watch_end with the same frame. L is NULL
 * while the state is being closed: at the deadline system calls are interrupted, but no hook is
 * set. */
void lun_vm_watch_begin(struct lun_vm_watch *watch, struct lun_vm_watch_frame *frame, lua_State *L,
	int64_t deadline, bool always);
void lun_vm_watch_end(struct lun_vm_watch *watch, const struct lun_vm_watch_frame *frame);
/* Notes that the hook was called. */
static inline void lun_vm_watch_beat(struct lun_vm_watch *watch)
{
	watch->called = 1;
	atomic_fetch_add_explicit(&watch->beats, 1, memory_order_relaxed);
}

/* Sets the hook. Only in the thread that runs the VM; does nothing when none does. */
void lun_vm_watch_arm(struct lun_vm_watch *watch);
/* Sets the number of instructions between calls of the hook, on L and on later coroutines. */
void lun_vm_watch_every(struct lun_vm_watch *watch, lua_State *L, int instructions);
/* Removes the hook from L until the deadline, unless it is always set. */
void lun_vm_watch_disarm(struct lun_vm_watch *watch, lua_State *L);
/* Sets the hook from any thread; does nothing when no thread runs the VM. */
void lun_vm_watch_wake(struct lun_vm_watch *watch);
/* Notes that another coroutine runs now. */
void lun_vm_watch_enter(struct lun_vm_watch *watch, lua_State *L);
