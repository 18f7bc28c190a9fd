#pragma once
/*
 * Watching a run. A count hook costs every instruction of Lua dearly, needed or not. So there
 * is none until it is needed: at the deadline a timer sends a signal to the thread that runs
 * the VM, and the handler sets the hook on the coroutine that runs just then. While the hook is
 * set the signal comes again and again, so that nothing gets rid of the hook for long. Private
 * to src/vm/vm*.c.
 */
#include <lua.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* How many instructions lie between two hooks once it is set, if nothing else is said. */
enum { LUN_VM_WATCH_OFTEN = 1000 };
enum { LUN_VM_PLACE = 128 };

/* What a thread runs; one in each VM. */
struct lun_vm_watch {
	lua_Hook hook;                /* what is to be called once it is due */
	lua_State *volatile running;  /* the coroutine that runs, or the main one */
	volatile sig_atomic_t armed;  /* the hook is set: on running, and on what runs next */
	volatile sig_atomic_t called; /* since the last signal */
	bool always;                  /* the hook is wanted from the beginning */
	int every;                    /* instructions between two hooks */
	int64_t deadline;             /* CLOCK_MONOTONIC ns; INT64_MAX: none */
	atomic_int tid;               /* the thread that runs it, 0: none */
	/* Of a run that is to end and doesn't: it is in C code, from which no hook is called. */
	volatile sig_atomic_t unheeded; /* signals in a row without a hook in between */
	atomic_bool stuck;              /* then place says where */
	atomic_uint beats;              /* how often a hook was called */
	char place[LUN_VM_PLACE];
};

/* What is to be put back at the end: runs may lie within runs, of the same VM and of others. */
struct lun_vm_watch_frame {
	struct lun_vm_watch *outer; /* what the thread ran before */
	lua_State *running;
	sig_atomic_t armed;
	bool always;
	int every;
	int64_t deadline;
	int tid;
};

void lun_vm_watch_init(struct lun_vm_watch *watch, lua_Hook hook);
/* The calling thread runs L from now on, up to lun_vm_watch_end with the same frame. L is NULL
 * while it is closed: system calls are interrupted at the deadline then, and no hook is set. */
void lun_vm_watch_begin(struct lun_vm_watch *watch, struct lun_vm_watch_frame *frame, lua_State *L,
	int64_t deadline, bool always);
void lun_vm_watch_end(struct lun_vm_watch *watch, const struct lun_vm_watch_frame *frame);
/* The hook was called. */
static inline void lun_vm_watch_beat(struct lun_vm_watch *watch)
{
	watch->called = 1;
	atomic_fetch_add_explicit(&watch->beats, 1, memory_order_relaxed);
}

/* Sets the hook; does nothing when nobody runs the VM. Only in the thread that does. */
void lun_vm_watch_arm(struct lun_vm_watch *watch);
/* From here on it is called after so many instructions, on L and on what runs next. */
void lun_vm_watch_every(struct lun_vm_watch *watch, lua_State *L, int instructions);
/* Takes the hook away from L, up to the deadline; unless it is always wanted. */
void lun_vm_watch_disarm(struct lun_vm_watch *watch, lua_State *L);
/* Sets the hook from any thread; does nothing when nobody runs the VM. */
void lun_vm_watch_wake(struct lun_vm_watch *watch);
/* Tells that another coroutine runs now. */
void lun_vm_watch_enter(struct lun_vm_watch *watch, lua_State *L);
