/*
 * Enumeration under stress: many readers while objects come and go, descriptors that run out,
 * and every allocation of the Lua binding failing in turn. Nothing may leak or be misread.
 */
#include <dirent.h>
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "bind/modules.h"
#include "bpf/object/load.h"
#include "bpf/object/map_fill.h"
#include "bpf/attach/owners.h"
#include "bpf/object/prog.h"
#include "bpf/cost/sampler.h"

enum { READERS = 4, ROUNDS = 12 };

static char object_path[512];

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static atomic_bool stop;

static int read_all_once(void)
{
	struct lun_prog_info info;
	uint32_t id = 0;
	int err, fd;

	while (!(err = lun_object_next(LUN_PROG, &id))) {
		fd = lun_object_open(LUN_PROG, id);
		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return fd;
		err = lun_prog_info(fd, &info);
		close(fd);
		if (err)
			return err;
		if (info.k.id != id)
			return -EBADMSG;
		lun_prog_info_free(&info);
	}
	return err == -ENOENT ? 0 : err;
}

static void *reader(void *arg)
{
	int *err = arg;

	while (!*err && !atomic_load(&stop))
		*err = read_all_once();
	return NULL;
}

static void come_and_go(void)
{
	struct lun_object object;

	assert_int_equal(lun_object_load(&object, object_path, NULL, NULL), 0);
	assert_true(lun_object_attach(&object) > 0);
	lun_object_close(&object);
}

static void test_many_readers(void **state)
{
	int errs[READERS] = { 0 }, before = count_fds();
	pthread_t threads[READERS];

	(void)state;
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reader, &errs[i]), 0);
	for (int i = 0; i < ROUNDS; i++)
		come_and_go();
	atomic_store(&stop, true);
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(errs[i], 0);
	}
	assert_int_equal(count_fds(), before);
}

static void test_sampler_with_readers(void **state)
{
	struct lun_sampler *s = lun_sampler_new(16, 64);
	struct lun_stretch list[64];
	pthread_t thread;
	int err = 0;

	(void)state;
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&thread, NULL, reader, &err), 0);
	for (int i = 0; i < 2 * ROUNDS; i++) {
		if (i % 3 == 0)
			come_and_go();
		assert_int_equal(lun_sampler_sample(s), 0);
		assert_true(lun_sampler_history(s, 0, 0, 1e18, list, 64) <= 16);
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(err, 0);
	lun_sampler_free(s);
}

/* Allows this many more descriptors than are open. */
static void limit_fds(struct rlimit *old, rlim_t more)
{
	struct rlimit now;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, old), 0);
	now = *old;
	now.rlim_cur = (rlim_t)dup(0) + more;
	close((int)(now.rlim_cur - more));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
}

static void test_no_descriptors(void **state)
{
	struct lun_object object;
	struct rlimit old;
	int err, before;

	(void)state;
	assert_int_equal(lun_object_load(&object, object_path, NULL, NULL), 0);
	before = count_fds();
	limit_fds(&old, 0);
	err = read_all_once();
	setrlimit(RLIMIT_NOFILE, &old);
	assert_int_equal(err, -EMFILE);
	limit_fds(&old, 1); /* the program can be opened, its fdinfo can't */
	err = read_all_once();
	setrlimit(RLIMIT_NOFILE, &old);
	assert_int_equal(err, -EMFILE);
	assert_int_equal(count_fds(), before);
	lun_object_close(&object);
}

/* The probe that counts entries is not given up for good. */
static void test_short_of_descriptors_once(void **state)
{
	struct rlimit old;
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	limit_fds(&old, 1);
	assert_true(lun_map_fill(&out) < 0);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_int_equal(lun_map_fill(&out), 0);
	lun_out_free(&out);
}

struct budget {
	long left; /* allocations until one fails; negative: none does */
};

static void *allocate(void *ctx, void *p, size_t old, size_t size)
{
	struct budget *budget = ctx;

	if (!size) {
		free(p);
		return NULL;
	}
	if ((!p || size > old) && budget->left >= 0 && budget->left-- == 0)
		return budget->left = 0, NULL;
	return realloc(p, size);
}

static lua_State *new_vm(struct budget *budget)
{
	lua_State *L;

	budget->left = -1;
	L = lua_newstate(allocate, budget);
	assert_non_null(L);
	luaL_openlibs(L);
	luaL_requiref(L, "bpf", luaopen_bpf, 1);
	lua_settop(L, 0);
	return L;
}

/* Runs the code with the n-th allocation failing; whether it ended well. */
static bool run_with(struct budget *budget, lua_State *L, const char *code, long n)
{
	int status;

	assert_int_equal(luaL_loadstring(L, code), LUA_OK);
	budget->left = n;
	status = lua_pcall(L, 0, 0, 0);
	budget->left = -1;
	lua_settop(L, 0);
	assert_true(status == LUA_OK || status == LUA_ERRMEM || status == LUA_ERRRUN);
	return status == LUA_OK;
}

/* What is opened once for the process, such as a probe of ours, is open before the first count:
 * by the second run, when a list of many maps is read by a probe. */
static int count_once_run(const char *code)
{
	struct budget budget;
	lua_State *L = new_vm(&budget);

	assert_true(run_with(&budget, L, code, -1));
	assert_true(run_with(&budget, L, code, -1));
	lua_close(L);
	return count_fds();
}

static void fail_each(const char *code)
{
	int before = count_once_run(code);
	struct budget budget;
	lua_State *L;
	bool ended = false;

	for (long n = 0; !ended && n < 5000; n += n < 100 ? 1 : 37) {
		L = new_vm(&budget);
		ended = run_with(&budget, L, code, n);
		lua_close(L);
		assert_int_equal(count_fds(), before);
	}
	assert_true(ended);
}

static void test_no_memory(void **state)
{
	struct lun_object object;
	char code[1024];

	(void)state;
	assert_int_equal(lun_object_load(&object, object_path, NULL, NULL), 0);
	assert_true(lun_object_attach(&object) > 0);
	fail_each("local id = bpf.ids('prog')[1]; local p <close> = bpf.prog(id); p:info()");
	fail_each("local id = bpf.ids('link')[1]; local l <close> = bpf.link(id); l:info()");
	fail_each("bpf.link_info(bpf.ids('link')[1])");
	fail_each("bpf.map_info(bpf.ids('map')[1]); bpf.btf_info(bpf.ids('btf')[1])");
	fail_each("bpf.pins(); bpf.netns(); bpf.host()");
	fail_each("local s <close> = bpf.stats()");
	fail_each("local s <close> = bpf.sampler{ keep = 2 }; s:stats(true); s:sample(); s:sample()"
		  "; s:rates(); s:history(); s:state()");
	snprintf(code, sizeof(code),
		"local o <close> = assert(bpf.load('%s')); o:progs(); o:maps()", object_path);
	fail_each(code);
	lun_object_close(&object);
}

static int find_object(void **state)
{
	const char *build = getenv("LUNETTE_BUILD");

	(void)state;
	lun_load_init();
	snprintf(object_path, sizeof(object_path), "%s/tests/bpf/objects.bpf.o",
		build ? build : "build");
	return access(object_path, R_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_readers),
		cmocka_unit_test(test_sampler_with_readers),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_short_of_descriptors_once),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, find_object, NULL);
}
