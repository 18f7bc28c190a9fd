/* The probe of counters: its maps, and its programs around system calls. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/object/load.h"
#include "probes/counters.skel.h"

enum { CALLS = 1000 };

static void test_maps_load(void **state)
{
	struct lun_counters *probe = lun_counters__open();

	(void)state;
	assert_non_null(probe);
	bpf_program__set_autoload(probe->progs.lun_counters_in, false);
	bpf_program__set_autoload(probe->progs.lun_counters_out, false);
	assert_int_equal(bpf_map__set_max_entries(probe->maps.lun_events, 8), 0);
	assert_int_equal(lun_counters__load(probe), 0);
	assert_true(bpf_map__fd(probe->maps.lun_events) >= 0);
	assert_true(bpf_map__fd(probe->maps.lun_sums) >= 0);
	lun_counters__destroy(probe);
}

static void fill(struct bpf_object *obj, int cpus, int *fds)
{
	int map = bpf_object__find_map_fd_by_name(obj, "lun_events");

	for (uint32_t cpu = 0; cpu < (uint32_t)cpus; cpu++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_SOFTWARE,
			.size = sizeof(attr),
			.config = PERF_COUNT_SW_CPU_CLOCK,
		};

		fds[cpu] = (int)syscall(SYS_perf_event_open, &attr, -1, (int)cpu, -1, 0);
		if (fds[cpu] >= 0)
			assert_int_equal(bpf_map_update_elem(map, &cpu, &fds[cpu], 0), 0);
	}
}

static struct bpf_object *open_fixture(int cpus)
{
	const char *build = getenv("LUNETTE_BUILD");
	struct bpf_object *obj;
	uint32_t rodata[2] = { (uint32_t)cpus, 1 }; /* cpus, events */
	struct bpf_map *map;
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/bpf/counters.bpf.o", build ? build : "build");
	obj = bpf_object__open(path);
	assert_non_null(obj);
	bpf_object__for_each_map(map, obj) if (strstr(bpf_map__name(map), ".rodata"))
		assert_int_equal(bpf_map__set_initial_value(map, rodata, sizeof(rodata)), 0);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, "lun_events"), (uint32_t)cpus);
	assert_int_equal(bpf_object__load(obj), 0);
	return obj;
}

static struct bpf_link *attach(struct bpf_object *obj, const char *name)
{
	struct bpf_link *link = bpf_program__attach(bpf_object__find_program_by_name(obj, name));

	assert_non_null(link);
	return link;
}

static void test_counts_between(void **state)
{
	int cpus = libbpf_num_possible_cpus();
	struct bpf_object *obj = open_fixture(cpus);
	struct bpf_perf_event_value *sums = calloc((size_t)cpus, sizeof(*sums));
	uint64_t *runs = calloc((size_t)cpus, sizeof(*runs)), all = 0, clock = 0;
	int *fds = calloc((size_t)cpus, sizeof(*fds));
	struct bpf_link *in, *out;
	uint32_t zero = 0;

	(void)state;
	assert_true(sums && runs && fds);
	fill(obj, cpus, fds);
	in = attach(obj, "lun_counters_in");
	out = attach(obj, "lun_counters_out");
	for (int i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	bpf_link__destroy(in);
	bpf_link__destroy(out);
	bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(obj, "lun_runs"), &zero, runs);
	bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(obj, "lun_sums"), &zero, sums);
	for (int cpu = 0; cpu < cpus; cpu++) {
		all += runs[cpu];
		clock += sums[cpu].counter;
		assert_true(sums[cpu].running <= sums[cpu].enabled);
		if (fds[cpu] >= 0)
			close(fds[cpu]);
	}
	assert_true(all >= CALLS / 2); /* other processes' calls may come in between */
	assert_true(clock > 0);
	bpf_object__close(obj);
	free(sums);
	free(runs);
	free(fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps_load),
		cmocka_unit_test(test_counts_between),
	};

	lun_load_init();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
