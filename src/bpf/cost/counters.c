#include "bpf/cost/counters.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/object/btf_load.h"
#include "bpf/object/load.h"
#include "bpf/object/probe.h"
#include "probes/counters.skel.h"

#define CACHE(id, op, result)                                                                      \
	(PERF_COUNT_HW_CACHE_##id | PERF_COUNT_HW_CACHE_OP_##op << 8 |                             \
		PERF_COUNT_HW_CACHE_RESULT_##result << 16)

static const struct event {
	const char *name;
	uint32_t type;
	uint64_t config;
} known[] = {
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	{ "l1d_loads", PERF_TYPE_HW_CACHE, CACHE(L1D, READ, ACCESS) },
	{ "llc_misses", PERF_TYPE_HW_CACHE, CACHE(LL, READ, MISS) },
	{ "itlb_misses", PERF_TYPE_HW_CACHE, CACHE(ITLB, READ, MISS) },
	{ "dtlb_misses", PERF_TYPE_HW_CACHE, CACHE(DTLB, READ, MISS) },
	{ "cpu_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK },
	{ "task_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ "page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
	{ "context_switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "cpu_migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS },
};

enum { KNOWN = sizeof(known) / sizeof(known[0]) };

struct lun_counter_set {
	struct lun_counters *probe;
	int cpus;
	int events;
	int *fds; /* of event * cpus + cpu; -1 where the CPU is off */
};

const char *lun_counter_name(int event)
{
	return event >= 0 && event < KNOWN ? known[event].name : NULL;
}

int lun_counter_find(const char *name)
{
	for (int i = 0; i < KNOWN; i++)
		if (!strcmp(known[i].name, name))
			return i;
	return -ENOENT;
}

static int open_event(int event, int cpu)
{
	struct perf_event_attr attr = {
		.type = known[event].type,
		.size = sizeof(attr),
		.config = known[event].config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* Tries the current CPU, because others may be offline. */
int lun_counter_try(int event)
{
	int fd = open_event(event, sched_getcpu());

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int say_event(int event, int err, char *why)
{
	const char *name = known[event].name;
	int missing = err == -ENOENT || err == -ENODEV || err == -EOPNOTSUPP || err == -EINVAL;

	if (missing && known[event].type != PERF_TYPE_SOFTWARE)
		snprintf(why, LUN_COUNTERS_WHY, "this machine has no hardware counters (%s: %s)",
			name, strerror(-err));
	else
		snprintf(why, LUN_COUNTERS_WHY, "opening the perf event %s: %s", name,
			strerror(-err));
	return missing ? -ENODEV : err;
}

static int open_events(struct lun_counter_set *set, const int *events, char *why)
{
	for (int i = 0; i < set->events; i++) {
		int opened = 0;

		for (int cpu = 0; cpu < set->cpus; cpu++) {
			int fd = open_event(events[i], cpu);

			if (fd < 0 && fd != -ENODEV) /* ENODEV: that CPU is off */
				return say_event(events[i], fd, why);
			if (fd >= 0)
				opened++;
			set->fds[i * set->cpus + cpu] = fd < 0 ? -1 : fd;
		}
		if (!opened)
			return say_event(events[i], -ENODEV, why);
	}
	return 0;
}

/* The name of the program's main function, as BTF has it: the first of its functions. */
static int func_name(int fd, char *name, size_t size)
{
	struct bpf_func_info func = { 0 };
	struct bpf_prog_info seen = { 0 }, info = { 0 };
	uint32_t len = sizeof(seen);
	const struct btf_type *type;
	struct btf *btf;

	if (bpf_obj_get_info_by_fd(fd, &seen, &len))
		return -errno;
	if (!seen.btf_id || !seen.nr_func_info)
		return -ENODATA;
	info.nr_func_info = 1;
	info.func_info_rec_size = sizeof(func);
	info.func_info = (uint64_t)(uintptr_t)&func;
	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	btf = lun_btf_of_id(seen.btf_id);
	if (!btf)
		return -ENODATA;
	type = btf__type_by_id(btf, func.type_id);
	snprintf(name, size, "%s", type ? btf__name_by_offset(btf, type->name_off) : "");
	btf__free(btf);
	return *name ? 0 : -ENODATA;
}

static int set_target(struct lun_counters *probe, int fd, char *why)
{
	char name[128] = "";
	int err = func_name(fd, name, sizeof(name));

	if (err == -ENODATA)
		snprintf(why, LUN_COUNTERS_WHY,
			"the program has no BTF, without which nothing can attach to it");
	if (!err)
		err = bpf_program__set_attach_target(probe->progs.lun_counters_in, fd, name);
	if (!err)
		err = bpf_program__set_attach_target(probe->progs.lun_counters_out, fd, name);
	return err;
}

static int fill_events(const struct lun_counter_set *set)
{
	int map = bpf_map__fd(set->probe->maps.lun_events);

	for (uint32_t i = 0; i < (uint32_t)(set->events * set->cpus); i++)
		if (set->fds[i] >= 0 && bpf_map_update_elem(map, &i, &set->fds[i], BPF_ANY))
			return -errno;
	return 0;
}

static int say_load(int err, char *why)
{
	if (lun_probe_trampoline() == 0) {
		snprintf(why, LUN_COUNTERS_WHY, "this kernel has no fentry for BPF programs");
		return -EOPNOTSUPP;
	}
	snprintf(why, LUN_COUNTERS_WHY, "attaching to the program's entry and exit: %s",
		strerror(-err));
	return err;
}

static int attach(struct lun_counter_set *set, char *why)
{
	int err = lun_counters__load(set->probe);

	if (err)
		return say_load(err, why);
	err = fill_events(set);
	return err ? err : lun_counters__attach(set->probe);
}

static int prepare(struct lun_counter_set *set, int prog_fd, const int *events, char *why)
{
	struct lun_counters *probe;
	int err = open_events(set, events, why);

	if (err)
		return err;
	lun_load_init();
	probe = set->probe = lun_counters__open();
	if (!probe)
		return -errno;
	probe->rodata->cpus = (uint32_t)set->cpus;
	probe->rodata->events = (uint32_t)set->events;
	err = bpf_map__set_max_entries(probe->maps.lun_events, (uint32_t)(set->events * set->cpus));
	if (!err)
		err = set_target(probe, prog_fd, why);
	return err ? err : attach(set, why);
}

static struct lun_counter_set *make(int n)
{
	struct lun_counter_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->cpus = libbpf_num_possible_cpus();
	set->events = n;
	set->fds = set->cpus > 0 ? malloc(sizeof(int) * (size_t)(n * set->cpus)) : NULL;
	if (!set->fds) {
		free(set);
		return NULL;
	}
	for (int i = 0; i < n * set->cpus; i++)
		set->fds[i] = -1;
	return set;
}

int lun_counters_open(struct lun_counter_set **counters, uint32_t prog_id, const int *events, int n,
	char why[LUN_COUNTERS_WHY])
{
	struct lun_counter_set *set;
	int err, fd = bpf_prog_get_fd_by_id(prog_id);

	*counters = NULL;
	*why = '\0';
	if (fd < 0) {
		err = -errno;
		snprintf(why, LUN_COUNTERS_WHY, "program %u: %s", prog_id, strerror(-err));
		return err;
	}
	set = make(n);
	err = set ? prepare(set, fd, events, why) : -ENOMEM;
	close(fd);
	if (err)
		lun_counters_close(set);
	else
		*counters = set;
	if (err && !*why)
		snprintf(why, LUN_COUNTERS_WHY, "counting: %s", strerror(-err));
	return err;
}

static int sum_runs(struct lun_counter_set *set, uint64_t *cpus, uint64_t *runs)
{
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(set->probe->maps.lun_runs), &zero, cpus))
		return -errno;
	for (int cpu = 0; cpu < set->cpus; cpu++)
		*runs += cpus[cpu];
	return 0;
}

static int sum_event(struct lun_counter_set *set, uint32_t event, struct bpf_perf_event_value *cpus,
	struct lun_counter_value *sum)
{
	if (bpf_map_lookup_elem(bpf_map__fd(set->probe->maps.lun_sums), &event, cpus))
		return -errno;
	memset(sum, 0, sizeof(*sum));
	for (int cpu = 0; cpu < set->cpus; cpu++) {
		sum->count += cpus[cpu].counter;
		sum->enabled += cpus[cpu].enabled;
		sum->running += cpus[cpu].running;
	}
	return 0;
}

int lun_counters_read(struct lun_counter_set *set, uint64_t *runs, struct lun_counter_value *values)
{
	struct bpf_perf_event_value *cpus = calloc((size_t)set->cpus, sizeof(*cpus));
	int err;

	*runs = 0;
	if (!cpus)
		return -ENOMEM;
	err = sum_runs(set, (uint64_t *)cpus, runs);
	for (int i = 0; !err && i < set->events; i++)
		err = sum_event(set, (uint32_t)i, cpus, &values[i]);
	free(cpus);
	return err;
}

void lun_counters_close(struct lun_counter_set *set)
{
	if (!set)
		return;
	lun_counters__destroy(set->probe); /* detaches first */
	for (int i = 0; i < set->events * set->cpus; i++)
		if (set->fds[i] >= 0)
			close(set->fds[i]);
	free(set->fds);
	free(set);
}
