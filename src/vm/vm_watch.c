#include "vm/vm_watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000, TICK = 10000000 }; // ns
enum { STUCK_AFTER = 200 };                    // ticks: 2 s
enum { NEVER = 0, SOON = -1 };                 // in place of a deadline

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static _Thread_local struct lun_vm_watch *volatile current;
static _Thread_local pid_t tid;
static _Thread_local timer_t timer;
static _Thread_local bool has_timer;
static _Thread_local volatile int64_t timer_at; /* a deadline, NEVER or SOON */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* its destructor deletes the timer when the thread ends */

static int watch_signal(void)
{
	return SIGRTMAX - 3;
}

/* The signal handler may run in between; then the timer fires once too often, but never too
 * seldom. */
static void set_timer(int64_t at)
{
	int64_t ns = at == SOON ? TICK : at;
	struct itimerspec when = { .it_value = { ns / SECOND, ns % SECOND } };

	if (!has_timer || timer_at == at)
		return;
	timer_settime(timer, at == SOON ? 0 : TIMER_ABSTIME, &when, NULL);
	timer_at = at;
}

static void wait_for_deadline(const struct lun_vm_watch *watch)
{
	set_timer(!watch || watch->deadline == INT64_MAX ? NEVER : watch->deadline);
}

/*
 * Notes the Lua line that called the stuck C function. The stack of calls is only read: the thread
 * is in that C function or in the kernel and does not change it.
 */
static void note_stuck(struct lun_vm_watch *watch)
{
	lua_State *L = watch->running;
	lua_Debug ar;

	for (int level = 0; L && lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline <= 0)
			continue;
		snprintf(watch->place, sizeof(watch->place), "%s:%d", ar.short_src, ar.currentline);
		break;
	}
	atomic_store(&watch->stuck, true);
}

/* A hook that has been called since the last signal is left alone: setting it again would restart
 * its count. */
static void set_hook(struct lun_vm_watch *watch)
{
	lua_State *L = watch->running;

	watch->armed = 1;
	watch->unheeded = watch->called ? 0 : watch->unheeded + 1;
	if (watch->called)
		atomic_store(&watch->stuck, false);
	if (watch->unheeded >= STUCK_AFTER && !watch->stuck)
		note_stuck(watch);
	if (L && (!watch->called || lua_gethook(L) != watch->hook))
		lua_sethook(L, watch->hook, LUA_MASKCOUNT, 1);
	watch->called = 0;
	set_timer(SOON);
}

static void on_signal(int signo)
{
	struct lun_vm_watch *watch = current;
	int err = errno;

	(void)signo;
	timer_at = NEVER;
	if (watch)
		set_hook(watch);
	errno = err;
}

static void end_timer(void *unused)
{
	(void)unused;
	timer_delete(timer);
	has_timer = false;
}

static void set_up(void)
{
	/* Without SA_RESTART a call blocked in the kernel (on a FIFO, a pipe, a socket) ends with
	 * EINTR. */
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(watch_signal(), &action, NULL);
	pthread_key_create(&key, end_timer);
}

static void unblock_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, watch_signal());
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Creating the timer may fail (RLIMIT_SIGPENDING): then the hook is always set. */
static void open_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = watch_signal() };

	pthread_once(&once, set_up);
	unblock_signal();
	tid = gettid();
	event.sigev_notify_thread_id = tid;
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		return;
	has_timer = true;
	pthread_setspecific(key, &timer);
}

void lun_vm_watch_arm(struct lun_vm_watch *watch)
{
	if (watch->running)
		set_hook(watch);
}

void lun_vm_watch_disarm(struct lun_vm_watch *watch, lua_State *L)
{
	if (watch->always)
		return;
	watch->armed = 0;
	lua_sethook(L, NULL, 0, 0);
	wait_for_deadline(watch);
}

void lun_vm_watch_wake(struct lun_vm_watch *watch)
{
	int thread = atomic_load(&watch->tid);

	if (thread)
		tgkill(getpid(), thread, watch_signal());
}

/* A hook already set counts on: in a loop over coroutines the count would restart each time. */
static void set_count(const struct lun_vm_watch *watch, lua_State *L)
{
	bool sooner = watch->every < lua_gethookcount(L);

	if (lua_gethook(L) != watch->hook || sooner)
		lua_sethook(L, watch->hook, LUA_MASKCOUNT, watch->every);
}

void lun_vm_watch_every(struct lun_vm_watch *watch, lua_State *L, int instructions)
{
	watch->every = instructions;
	if (lua_gethookcount(L) != instructions)
		lua_sethook(L, watch->hook, LUA_MASKCOUNT, instructions);
}

void lun_vm_watch_enter(struct lun_vm_watch *watch, lua_State *L)
{
	watch->running = L;
	if (L && (watch->armed || watch->always))
		set_count(watch, L);
}

void lun_vm_watch_init(struct lun_vm_watch *watch, lua_Hook hook)
{
	watch->hook = hook;
	watch->every = LUN_VM_WATCH_OFTEN;
	watch->deadline = INT64_MAX;
}

void lun_vm_watch_begin(struct lun_vm_watch *watch, struct lun_vm_watch_frame *frame, lua_State *L,
	int64_t deadline, bool always)
{
	if (!has_timer)
		open_timer();
	*frame = (struct lun_vm_watch_frame){
		.outer = current,
		.running = watch->running,
		.armed = watch->armed,
		.always = watch->always,
		.every = watch->every,
		.deadline = watch->deadline,
		.tid = atomic_load(&watch->tid),
	};
	watch->deadline = deadline;
	watch->always = always || !has_timer;
	watch->unheeded = 0;
	atomic_store_explicit(&watch->stuck, false, memory_order_relaxed);
	lun_vm_watch_enter(watch, L);
	current = watch;
	atomic_store(&watch->tid, tid);
	wait_for_deadline(watch);
}

void lun_vm_watch_end(struct lun_vm_watch *watch, const struct lun_vm_watch_frame *frame)
{
	current = frame->outer;
	atomic_store(&watch->tid, frame->tid);
	watch->running = frame->running;
	watch->armed = frame->armed;
	watch->always = frame->always;
	watch->every = frame->every;
	watch->deadline = frame->deadline;
	watch->unheeded = 0;
	wait_for_deadline(current);
}
