#include "vm/vm_budget.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLOSE_SECONDS = 2 };

static void *allocate(void *ud, void *ptr, size_t osize, size_t nsize)
{
	struct lun_vm_budget *budget = ud;
	size_t before = ptr ? osize : 0;
	void *result;

	if (nsize == 0) {
		free(ptr);
		budget->memory -= before;
		return NULL;
	}
	if (nsize > before && budget->memory_cap &&
		budget->memory + (nsize - before) > budget->memory_cap)
		return NULL;
	result = realloc(ptr, nsize);
	if (result)
		budget->memory += nsize - before;
	return result;
}

struct lun_vm_budget *lun_vm_budget_of(lua_State *L)
{
	return *(struct lun_vm_budget **)lua_getextraspace(L);
}

static int on_panic(lua_State *L)
{
	fprintf(stderr, "lunette: Lua panic: %s\n", lua_tostring(L, -1));
	return 0; // Lua aborts
}

lua_State *lun_vm_budget_open(size_t memory_cap, bool contained)
{
	struct lun_vm_budget *budget = calloc(1, sizeof(*budget));
	lua_State *L;

	if (!budget)
		return NULL;
	budget->memory_cap = memory_cap;
	budget->contained = contained;
	budget->deadline = INT64_MAX;
	budget->left = UINT64_MAX;
	lun_vm_watch_init(&budget->watch, lun_vm_hook);
	L = lua_newstate(allocate, budget);
	if (!L) {
		free(budget);
		return NULL;
	}
	*(struct lun_vm_budget **)lua_getextraspace(L) = budget;
	lua_atpanic(L, on_panic);
	return L;
}

/* Closing runs the finalizers even after a limit was passed; in a server's VM all of them together
 * have CLOSE_SECONDS. */
void lun_vm_budget_close(lua_State *L)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);
	struct lun_vm_watch_frame frame;

	budget->over = false;
	budget->stop = false;
	budget->interrupted = false;
	budget->deadline = INT64_MAX;
	if (budget->contained)
		budget->deadline = lun_vm_now() + CLOSE_SECONDS * INT64_C(1000000000);
	budget->left = UINT64_MAX;
	budget->memory_cap = 0;
	lun_vm_watch_begin(&budget->watch, &frame, NULL, budget->deadline, false);
	lua_close(L);
	lun_vm_watch_end(&budget->watch, &frame);
	free(budget);
}

size_t lun_vm_memory(lua_State *L)
{
	return lun_vm_budget_of(L)->memory;
}

void lun_vm_stop(lua_State *L)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);

	budget->stop = true;
	lun_vm_watch_wake(&budget->watch);
}

double lun_vm_left(lua_State *L)
{
	int64_t deadline = lun_vm_budget_of(L)->deadline;

	return deadline == INT64_MAX ? INFINITY : (double)(deadline - lun_vm_now()) * 1e-9;
}

void lun_vm_interrupt(lua_State *L)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);

	budget->interrupted = true;
	lun_vm_watch_wake(&budget->watch);
}

unsigned lun_vm_ended_runs(lua_State *L)
{
	return lun_vm_budget_of(L)->ended;
}

bool lun_vm_stuck_at(lua_State *L, char *place, size_t len)
{
	const struct lun_vm_watch *watch = &lun_vm_budget_of(L)->watch;

	if (!atomic_load(&watch->stuck))
		return false;
	snprintf(place, len, "%s", *watch->place ? watch->place : "?");
	return true;
}

unsigned lun_vm_beats(lua_State *L)
{
	return atomic_load(&lun_vm_budget_of(L)->watch.beats);
}

static void set_limits(struct lun_vm_budget *budget, const struct lun_vm_limits *limits)
{
	int64_t deadline = INT64_MAX;

	if (limits->seconds > 0)
		deadline = lun_vm_now() + (int64_t)(limits->seconds * 1e9);
	if (deadline < budget->deadline) {
		budget->deadline = deadline;
		budget->limits.seconds = limits->seconds;
	}
	if (limits->instructions && limits->instructions < budget->left) {
		budget->left = limits->instructions;
		budget->limits.instructions = limits->instructions;
	}
}

/* Restores the outer call's limits, less the instructions that the inner call used. */
static void restore(
	struct lun_vm_budget *budget, const struct lun_vm_budget *before, uint64_t given)
{
	uint64_t used = given == UINT64_MAX ? 0 : given - budget->left;

	budget->limits = before->limits;
	budget->deadline = before->deadline;
	budget->left = before->left;
	if (before->left != UINT64_MAX)
		budget->left -= used < before->left ? used : before->left;
	budget->over = before->over;
	budget->grace = before->grace;
	budget->closing = before->closing;
	budget->failed = before->failed;
	budget->failed_depth = before->failed_depth;
}

/* lun_vm_stop or lun_vm_interrupt may have been called before this run began, or during an inner
 * one. */
static void arm_if_asked(struct lun_vm_budget *budget)
{
	if (budget->stop || budget->interrupted)
		lun_vm_watch_arm(&budget->watch);
}

/* An unchanged hook is not set again, because that would restart its count. */
static void restore_hook(lua_State *L, lua_Hook before, int mask, int count)
{
	if (lua_gethook(L) != before || lua_gethookmask(L) != mask || lua_gethookcount(L) != count)
		lua_sethook(L, before, mask, count);
}

/* A system call that the end interrupted fails with "Interrupted system call": adds the reason. */
static void add_reason(lua_State *L)
{
	lun_vm_budget_of(L)->ended++;
	if (lua_type(L, -1) != LUA_TSTRING)
		return;
	lun_vm_push_reason(L);
	lua_insert(L, -2);
	lua_pushliteral(L, ": ");
	lua_insert(L, -2);
	lua_concat(L, 3);
}

static int run(
	lua_State *L, int nargs, int nresults, int handler, const struct lun_vm_limits *limits)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L), before = *budget;
	lua_Hook hook = lua_gethook(L);
	int mask = lua_gethookmask(L), count = lua_gethookcount(L), status;
	struct lun_vm_watch_frame frame;
	uint64_t given;

	set_limits(budget, limits);
	given = budget->left;
	lun_vm_watch_begin(&budget->watch, &frame, L, budget->deadline, given != UINT64_MAX);
	arm_if_asked(budget);
	status = handler ? lua_pcall(L, nargs, nresults, handler) : lun_vm_call(L, nargs, nresults);
	if (status == LUA_ERRRUN && !handler && !budget->over && budget->watch.armed &&
		lun_vm_is_over(L))
		add_reason(L);
	restore(budget, &before, given);
	restore_hook(L, hook, mask, count);
	lun_vm_watch_end(&budget->watch, &frame);
	return status;
}

int lun_vm_run(lua_State *L, int nargs, int nresults, const struct lun_vm_limits *limits)
{
	int status = run(L, nargs, nresults, 0, limits);

	arm_if_asked(lun_vm_budget_of(L));
	return status;
}

int lun_vm_run_interruptibly(lua_State *L, int nargs, int nresults, int handler, bool *interrupted)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);
	bool before = budget->interrupted;
	int status;

	budget->interrupted = false;
	status = run(L, nargs, nresults, handler, &(struct lun_vm_limits){ 0 });
	*interrupted = budget->interrupted;
	budget->interrupted = before;
	arm_if_asked(budget);
	return status;
}
