#include "bind/vm_budget.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* How often the hook looks, and how often it leaves what cleans up alone before it insists. */
enum { HOOK_INSTRUCTIONS = 1000, GRACE_HOOKS = 50 };

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

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

static void push_reason(lua_State *L, const struct lun_vm_budget *budget)
{
	if (budget->stop)
		lua_pushliteral(L, "stopped");
	else if (budget->left == 0)
		lua_pushfstring(L, "over budget: %I instructions",
			(LUAI_UACINT)budget->limits.instructions);
	else
		lua_pushfstring(
			L, "over budget: %f seconds", (LUAI_UACNUMBER)budget->limits.seconds);
}

static int raise_over(lua_State *L, lua_Debug *ar)
{
	const struct lun_vm_budget *budget = lun_vm_budget_of(L);

	lua_getinfo(L, "Sl", ar);
	push_reason(L, budget);
	if (ar->currentline > 0)
		lua_pushfstring(
			L, "%s:%d: %s", ar->short_src, ar->currentline, lua_tostring(L, -1));
	return lua_error(L);
}

static bool is_over(struct lun_vm_budget *budget)
{
	if (budget->left != UINT64_MAX)
		budget->left -= budget->left < HOOK_INSTRUCTIONS ? budget->left : HOOK_INSTRUCTIONS;
	return budget->left == 0 || now() >= budget->deadline || budget->stop;
}

/*
 * The first error leaves some grace to those who close what they hold. Then the hook runs at
 * each instruction, so that a loop around pcall() is left by its own next step.
 */
static void hook(lua_State *L, lua_Debug *ar)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);

	if (!budget->over) {
		if (lua_gethookcount(L) != HOOK_INSTRUCTIONS)
			lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
		if (!is_over(budget))
			return;
		budget->over = true;
		budget->grace = GRACE_HOOKS;
		raise_over(L, ar);
	}
	if (budget->grace > 0) {
		budget->grace--;
		return;
	}
	lua_sethook(L, hook, LUA_MASKCOUNT, 1);
	raise_over(L, ar);
}

/*
 * The message handler of an error that the hook raises runs inside the hook, where Lua calls no
 * hooks: one that loops would loop for ever. So when the budget is over there is a traceback.
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

/* xpcall(fn, handler, ...), as Lua's own but for the above */
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

void lun_vm_budget_install(lua_State *L)
{
	lua_pushcfunction(L, l_xpcall);
	lua_setglobal(L, "xpcall");
}

static int on_panic(lua_State *L)
{
	fprintf(stderr, "lunette: Lua panic: %s\n", lua_tostring(L, -1));
	return 0; // Lua aborts
}

lua_State *lun_vm_budget_open(size_t memory_cap)
{
	struct lun_vm_budget *budget = calloc(1, sizeof(*budget));
	lua_State *L;

	if (!budget)
		return NULL;
	budget->memory_cap = memory_cap;
	budget->deadline = INT64_MAX;
	budget->left = UINT64_MAX;
	L = lua_newstate(allocate, budget);
	if (!L) {
		free(budget);
		return NULL;
	}
	*(struct lun_vm_budget **)lua_getextraspace(L) = budget;
	lua_atpanic(L, on_panic);
	lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
	return L;
}

void lun_vm_budget_close(lua_State *L)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L);

	/* Finalizers are to run, whatever was over. */
	budget->over = false;
	budget->stop = false;
	budget->deadline = INT64_MAX;
	budget->left = UINT64_MAX;
	budget->memory_cap = 0;
	lua_close(L);
	free(budget);
}

size_t lun_vm_memory(lua_State *L)
{
	return lun_vm_budget_of(L)->memory;
}

void lun_vm_stop(lua_State *L)
{
	lun_vm_budget_of(L)->stop = true;
}

static void set_limits(struct lun_vm_budget *budget, const struct lun_vm_limits *limits)
{
	int64_t deadline = INT64_MAX;

	if (limits->seconds > 0)
		deadline = now() + (int64_t)(limits->seconds * 1e9);
	if (deadline < budget->deadline) {
		budget->deadline = deadline;
		budget->limits.seconds = limits->seconds;
	}
	if (limits->instructions && limits->instructions < budget->left) {
		budget->left = limits->instructions;
		budget->limits.instructions = limits->instructions;
	}
}

/* What the inner call used is used of the outer one's too. */
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
}

int lun_vm_run(lua_State *L, int nargs, int nresults, const struct lun_vm_limits *limits)
{
	struct lun_vm_budget *budget = lun_vm_budget_of(L), before = *budget;
	lua_Hook hook_before = lua_gethook(L);
	int mask_before = lua_gethookmask(L), count_before = lua_gethookcount(L);
	uint64_t given;
	int status;

	set_limits(budget, limits);
	given = budget->left;
	lua_sethook(L, hook, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
	status = lun_vm_call(L, nargs, nresults);
	restore(budget, &before, given);
	lua_sethook(L, hook_before, mask_before, count_before);
	return status;
}
