/*
 * Runs every binding with each of its Lua allocations failing in turn, like Lua's own test suite:
 * no crash, no descriptor left open, no memory lost (the sanitizers' build checks that). The calls
 * are in support/allocations.lua.
 */
#include <dirent.h>
#include <lauxlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bind/modules.h"
#include "bpf/object/load.h"
#include "vm/vm.h"

enum { MOST = 10000000, DENSE = 60, STRIDE = 23, STRIDE_QUICK = 311 };

struct budget {
	long left; /* allocations until one fails; negative: none fails */
	lua_Alloc inner;
	void *ctx; /* context of the VM's own allocator */
};

static char *parts; /* support/allocations.lua */
static char object_path[512];

/* Defined in the sanitizers' build. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void *allocate(void *ctx, void *p, size_t old, size_t size)
{
	struct budget *budget = ctx;

	if (size && (!p || size > old) && budget->left >= 0 && budget->left-- == 0)
		return budget->left = 0, NULL;
	return budget->inner(budget->ctx, p, old, size);
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static const char prelude[] =
	"bpf = require('lunette.core.bpf') core = {} "
	"for _, name in ipairs { 'json', 'shared', 'topic', 'server', 'client', "
	"'metrics' } "
	"do core[name] = require('lunette.core.' .. name) end "
	"path = ... object = assert(bpf.load(path)) "
	"for _, map in ipairs(object:maps()) do "
	"if map.name == 'cli_flows' then hash_id = map.id "
	"elseif map.name == 'cli_queue' then queue_id = map.id end end "
	"prog_id = object:progs()[1].id "
	"local hash <close> = object:map('cli_flows') "
	"for i = 1, 20 do hash:update(('<I4I2I2'):pack(i, i, 6), ('<I8I8'):pack(i, i)) end";

static void run_whole(lua_State *L, const char *code, const char *argument)
{
	if (luaL_loadstring(L, code))
		fail_msg("%s", lua_tostring(L, -1));
	lua_pushstring(L, argument);
	if (lua_pcall(L, 1, 0, 0))
		fail_msg("%s: %s", code, lua_tostring(L, -1));
}

static lua_State *new_vm(struct budget *budget)
{
	static const luaL_Reg *const modules[] = { lun_bind_modules, NULL };
	static const struct lun_vm_config config = { .modules = modules };
	lua_State *L = lun_vm_new(&config);

	assert_non_null(L);
	budget->left = -1;
	budget->inner = lua_getallocf(L, &budget->ctx);
	lua_setallocf(L, allocate, budget);
	run_whole(L, prelude, object_path);
	return L;
}

/* Keeps a part's function in the registry, so that its text costs no allocation. */
static int load_part(lua_State *L, const char *name, const char *code, size_t len)
{
	if (luaL_loadbuffer(L, code, len, name))
		fail_msg("%s", lua_tostring(L, -1));
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

static int run_with(lua_State *L, struct budget *budget, int part, long n)
{
	int status;

	lua_rawgeti(L, LUA_REGISTRYINDEX, part);
	budget->left = n;
	status = lua_pcall(L, 0, 0, 0);
	budget->left = -1;
	if (n < 0 && status)
		fail_msg("%s", lua_tostring(L, -1));
	lua_settop(L, 0);
	lua_gc(L, LUA_GCCOLLECT);
	return status;
}

static void fail_each(const char *name, const char *code, size_t len)
{
	int stride = getenv("LUNETTE_QUICK") ? STRIDE_QUICK : STRIDE;
	struct budget budget;
	lua_State *L = new_vm(&budget);
	int part = load_part(L, name, code, len), status = LUA_ERRMEM, before;

	/* Two runs first: they load the process's probes and fill its caches. */
	run_with(L, &budget, part, -1);
	run_with(L, &budget, part, -1);
	before = count_fds();
	/* Lists of a crowded host need many allocations: the step grows. */
	for (long n = 0; status != LUA_OK && n < MOST; n += n < DENSE ? 1 : stride + n / 50) {
		status = run_with(L, &budget, part, n);
		if (count_fds() != before)
			fail_msg("%s: allocation %ld: a descriptor stays open", name, n);
	}
	assert_int_equal(status, LUA_OK);
	lun_vm_free(L);
	if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
		fail_msg("%s: memory is lost", name);
}

static void test_each_allocation_fails(void **state)
{
	static const char mark[] = "-- part: ";
	char *part = strstr(parts, mark), name[64] = "=";

	(void)state;
	while (part) {
		char *end = strchr(part, '\n'), *next = strstr(end, mark);

		snprintf(name + 1, sizeof(name) - 1, "%.*s", (int)(end - part - 9), part + 9);
		fail_each(name, end, next ? (size_t)(next - end) : strlen(end));
		part = next;
	}
}

static void read_parts(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t len;

	assert_non_null(file);
	parts = calloc(1, 1 << 16);
	len = fread(parts, 1, (1 << 16) - 1, file);
	assert_true(len > 0 && len < (1 << 16) - 1);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_allocation_fails) };
	const char *build = getenv("LUNETTE_BUILD");
	int failed;

	lun_load_init();
	snprintf(object_path, sizeof(object_path), "%s/tests/bpf/cli.bpf.o",
		build ? build : "build");
	read_parts("tests/c/support/allocations.lua");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(parts);
	return failed;
}
