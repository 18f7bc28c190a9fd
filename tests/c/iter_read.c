/* The objects of iterators are loaded once; a load that fails for want of descriptors is repeated.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "bpf/attach/owners.h"
#include "bpf/attach/route_progs.h"
#include "bpf/object/iter_read.h"
#include "bpf/object/map_fill.h"
#include "probes/lwt.skel.h"

enum { MORE = 40 }; /* descriptors that loading and reading an object never need */

static int first_free(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

/* Calls with room for `more` descriptors. */
static int call(int (*run)(struct lun_out *out), int more, struct lun_out *out)
{
	struct rlimit old, now;
	int err;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	now = old;
	now.rlim_cur = (rlim_t)(first_free() + more);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	lun_out_reset(out);
	err = run(out);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	return err;
}

/* With each number of descriptors until it succeeds, then again: nothing is opened twice. */
static void check_repeated(int (*run)(struct lun_out *out))
{
	struct lun_out out;
	int more = 0, loaded;

	lun_out_init(&out);
	while (more < MORE && call(run, more, &out))
		more++;
	assert_in_range(more, 1, MORE - 1);
	loaded = first_free();
	assert_int_equal(run(&out), 0);
	assert_int_equal(first_free(), loaded);
	lun_out_free(&out);
}

static void test_fill(void **state)
{
	(void)state;
	check_repeated(lun_map_fill);
}

static void test_owners(void **state)
{
	(void)state;
	check_repeated(lun_owners_of_namespaces);
}

static bool has_routes(void)
{
	struct lun_lwt *lwt = lun_lwt__open_and_load();

	lun_lwt__destroy(lwt);
	return lwt != NULL;
}

static void test_routes(void **state)
{
	(void)state;
	if (!has_routes())
		skip();
	check_repeated(lun_route_progs);
}

/* A kernel without one of the programs gets the others. */
static void test_skipped(void **state)
{
	struct lun_lwt lwt = { 0 };

	(void)state;
	if (!has_routes())
		skip();
	assert_int_equal(lun_lwt__create_skeleton(&lwt), 0);
	assert_int_equal(lun_iter_load(lwt.skeleton, "lun_lwt4"), 0);
	assert_null(lwt.links.lun_lwt4);
	assert_non_null(lwt.links.lun_lwt6);
	bpf_object__destroy_skeleton(lwt.skeleton);
	assert_int_equal(lun_lwt__create_skeleton(&lwt), 0);
	assert_int_equal(lun_iter_load(lwt.skeleton, "nothing"), -ENOENT);
}

static int loads;

static int refuse(void)
{
	loads++;
	return -EPERM;
}

static int run_short(void)
{
	return ++loads < 2 ? -EMFILE : 0;
}

static void test_loaded_once(void **state)
{
	struct lun_iter_object refused = LUN_ITER_OBJECT(refuse);
	struct lun_iter_object shorted = LUN_ITER_OBJECT(run_short);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(lun_iter_ready(&refused), -EPERM);
	assert_int_equal(loads, 1);
	loads = 0;
	assert_int_equal(lun_iter_ready(&shorted), -EMFILE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(lun_iter_ready(&shorted), 0);
	assert_int_equal(loads, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loaded_once),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_skipped),
	};

	libbpf_set_print(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
