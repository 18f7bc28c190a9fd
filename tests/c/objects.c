/*
 * Enumeration under stress: many readers while objects come and go, and while descriptors run out.
 * Nothing may leak or be misread. (allocations.c: failing allocations.)
 */
#include <dirent.h>
#include <errno.h>
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

	assert_int_equal(lun_object_load(&object, object_path, NULL, NULL, NULL), 0);
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

/* Allows this many more descriptors than are open now. */
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
	assert_int_equal(lun_object_load(&object, object_path, NULL, NULL, NULL), 0);
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

/* After a failure the probe that counts entries is tried again. */
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
	};

	return cmocka_run_group_tests(tests, find_object, NULL);
}
