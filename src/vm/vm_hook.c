/*
 * The hook that ends a run when its limits are passed, and the replaced functions that keep Lua
 * code from removing it. vm_watch.h says when the hook is set.
 */
#include "vm/vm_budget.h"
#include "text/monotonic.h"

#include <lauxlib.h>
#include <time.h>

/*
 * After the first error, cleanup code runs undisturbed for GRACE_HOOKS hook calls. From then on
 * every instruction raises the error, but for CLOSING_INSTRUCTIONS instructions of functions that
 * close variables.
 */
enum { GRACE_HOOKS = 50, CLOSING_INSTRUCTIONS = 1000000 };

int64_t lun_vm_now(void)
{
	return (int64_t)lun_clock_ns(CLOCK_MONOTONIC);
}

void lun_vm_push_reason(lua_State *L)
{
	const struct lun_vm_budget *budget = lun_vm_budget_of(L);

	if (budget->stop)
		lua_pushliteral(L, "stopped");
	else if (budget->interrupted)
		lua_pushliteral(L, "interrupted");
	else if (budget->left == 0)
		lua_pushfstring(L, "over budget: %I instructions",
			(LUAI_UACINT)budget->limits.instructions);
	else
		lua_pushfstring(
			L, "over budget: %f seconds", (LUAI_UACNUMBER)budget->limits.seconds);
}

static void raise_over(lua_State *L, lua_Debug *ar)
{
	lua_getinfo(L, "Sl", ar);
	lun_vm_push_reason(L);
	if (ar->currentline > 0)
		lua_pushfstring(
			L, "%s:%d: %s", ar->short_src, ar->currentline, lua_tostring(L, -1));
	lua_error(L);
}

static bool is_over(const struct lun_vm_budget *budget)
{
	return budget->left == 0 || budget->stop || budget->interrupted ||
		lun_vm_now() >= budget->deadline;
}

static void count(lua_State *L, struct lun_vm_budget *budget)
{
	const uint64_t n = LUN_VM_WATCH_OFTEN;

	if (budget->left != UINT64_MAX && lua_gethookcount(L) == LUN_VM_WATCH_OFTEN)
		budget->left -= budget->left < n ? budget->left : n;
}

/* True when no limit is passed: removes the hook, or lets it count on. Looks again after removing
 * it, because a stop may have been asked meanwhile. */
static bool goes_on(lua_State *L, struct lun_vm_budget *budget)
{
	count(L, budget);
	if (is_over(budget))
		return false;
	if (!budget->watch.always) {
		lun_vm_watch_disarm(&budget->watch, L);
		return !is_over(budget);
	}
	lun_vm_watch_every(&budget->watch, L, LUN_VM_WATCH_OFTEN);
	return true;
}

static bool is_deeper(lua_State *L, int depth)
{
	lua_Debug ar;

	return lua_getstack(L, depth - 1, &ar);
}

/* The number of functions on the stack. Finds it by bisection, because lua_getstack walks from the
 * top. */
static int depth_of(lua_State *L)
{
	int below = 0, above = 1;

	while (is_deeper(L, above)) {
		below = above;
		above *= 2;
	}
	while (above - below > 1) {
		int middle = below + (above - below) / 2;

		if (is_deeper(L, middle))
			below = middle;
		else
			above = middle;
	}
	return below;
}

/* True when the code that runs is as deep as the code in which the error was raised, or deeper. A
 * look takes longer the deeper the stack is, so it counts as more instructions. */
static bool is_closing(lua_State *L, struct lun_vm_budget *budget)
{
	if (L != budget->failed || budget->closing <= 0)
		return false;
	budget->closing -= 1 + budget->failed_depth / 16;
	return is_deeper(L, budget->failed_depth);
}

/*
 * Every instruction raises the error from now on, so a function that catches it gets it again at
 * once. Only code at the depth of the failed function or deeper goes on: it closes that function's
 * variables.
 */
static void fail_again(lua_State *L, lua_Debug *ar)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);

	lun_vm_watch_every(&budget->watch, L, 1);
	if (is_closing(L, budget))
		return;
	budget->failed = L;
	budget->failed_depth = depth_of(L);
	raise_over(L, ar);
}

/* The first error. After it, code that closes variables has some grace. */
static void fail(lua_State *L, lua_Debug *ar)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);

	lun_vm_watch_arm(&budget->watch);
	lun_vm_watch_every(&budget->watch, L, LUN_VM_WATCH_OFTEN);
	budget->over = true;
	budget->ended++;
	budget->grace = GRACE_HOOKS;
	budget->closing = CLOSING_INSTRUCTIONS;
	budget->failed = NULL;
	raise_over(L, ar);
}

void lun_vm_hook(lua_State *L, lua_Debug *ar)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);

	lun_vm_watch_beat(&budget->watch);
	if (!budget->over) {
		if (!goes_on(L, budget))
			fail(L, ar);
	} else if (budget->grace > 0) {
		budget->grace--;
		lun_vm_watch_every(&budget->watch, L, LUN_VM_WATCH_OFTEN);
	} else {
		fail_again(L, ar);
	}
}

/* Finds the Lua function that called the running C function. */
static void find_caller(lua_State *L, lua_Debug *ar)
{
	for (int level = 1; lua_getstack(L, level, ar); level++) {
		lua_getinfo(L, "l", ar);
		if (ar->currentline > 0)
			return;
	}
	lua_getstack(L, 0, ar);
}

bool lun_vm_is_over(lua_State *L)
{
	return is_over(lun_vm_budget_of(L));
}

/* As lun_vm_hook, but lets code that closes variables after the end call C functions. */
void lun_vm_charge(lua_State *L, unsigned steps)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);
	lua_Debug ar;

	if (budget->left != UINT64_MAX)
		budget->left -= budget->left < steps ? budget->left : steps;
	else if (!budget->watch.armed)
		return;
	lun_vm_watch_beat(&budget->watch);
	if (!is_over(budget))
		return;
	find_caller(L, &ar);
	if (!budget->over)
		fail(L, &ar);
	if (budget->grace > 0)
		budget->grace--;
	else
		raise_over(L, &ar);
}

/*
 * Lua calls the message handler of an error within the hook, where no further hook is called: an
 * endless handler would never end. Once a limit is passed, a plain traceback takes the handler's
 * place.
 */
static int l_handle(lua_State *L)
{
	if (lun_vm_budget_of(L)->over) {
		luaL_traceback(L, L, lua_tostring(L, 1), 1);
		return 1;
	}
	lua_settop(L, 1);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, 1, 1);
	return 1;
}

static int finish_xpcall(lua_State *L, int status, lua_KContext unused)
{
	(void)unused;
	if (status == LUA_OK || status == LUA_YIELD)
		return lua_gettop(L) - 1; // all but the handler
	lua_pushboolean(L, 0);
	lua_pushvalue(L, -2);
	return 2;
}

/* xpcall(fn, handler, ...): as Lua's own but for the handler above */
static int l_xpcall(lua_State *L)
{
	int n = lua_gettop(L), status;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, l_handle, 1);
	lua_replace(L, 2);
	lua_pushboolean(L, 1);
	lua_pushvalue(L, 1);
	lua_remove(L, 1);    // handler, arguments, true, fn
	lua_rotate(L, 2, 2); // handler, true, fn, arguments
	status = lua_pcallk(L, n - 2, LUA_MULTRET, 1, 0, finish_xpcall);
	return finish_xpcall(L, status, 0);
}

/* debug.sethook(...): as Lua's own, but does nothing while our hook is set */
static int l_sethook(lua_State *L)
{
	const struct lun_vm_watch *watch = &lun_vm_budget_of(L)->watch;

	if (watch->armed || watch->always)
		return 0;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 0);
	return 0;
}

void lun_vm_hook_install(lua_State *L)
{
	lua_pushcfunction(L, l_xpcall);
	lua_setglobal(L, "xpcall");
	lua_getglobal(L, "debug");
	lua_getfield(L, -1, "sethook");
	lua_pushcclosure(L, l_sethook, 1);
	lua_setfield(L, -2, "sethook");
	lua_pop(L, 1);
}
