// SPDX-License-Identifier: (MIT OR GPL-2.0)
/*
 * Reads perf events before and after each run of another BPF program, and adds up the differences
 * for each CPU.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "probes/counters.h"

/* A test attaches the programs elsewhere. */
#ifndef LUN_ENTRY
#define LUN_ENTRY "fentry/lun_target"
#define LUN_EXIT "fexit/lun_target"
#endif

/* By event and CPU: index event * cpus + cpu. Its size is set before loading. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(int));
} lun_events SEC(".maps");

struct start {
	__u64 set; /* a run has begun here and not ended */
	struct bpf_perf_event_value values[LUN_COUNTERS_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct start);
} lun_starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LUN_COUNTERS_MAX);
	__type(key, __u32);
	__type(value, struct bpf_perf_event_value);
} lun_sums SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lun_runs SEC(".maps");

const volatile __u32 cpus = 1;
const volatile __u32 events = 1;

static long read_event(__u32 event, struct bpf_perf_event_value *value)
{
	__u64 index = event * cpus + bpf_get_smp_processor_id();

	return bpf_perf_event_read_value(&lun_events, index, value, sizeof(*value));
}

SEC(LUN_ENTRY)
int lun_counters_in(void *ctx)
{
	__u32 zero = 0;
	struct start *start = bpf_map_lookup_elem(&lun_starts, &zero);

	if (!start)
		return 0;
	start->set = 0;
	for (__u32 i = 0; i < LUN_COUNTERS_MAX && i < events; i++)
		if (read_event(i, &start->values[i]))
			return 0;
	start->set = 1;
	return 0;
}

static void add(
	__u32 event, const struct bpf_perf_event_value *from, const struct bpf_perf_event_value *to)
{
	struct bpf_perf_event_value *sum = bpf_map_lookup_elem(&lun_sums, &event);

	if (!sum)
		return;
	sum->counter += to->counter - from->counter;
	sum->enabled += to->enabled - from->enabled;
	sum->running += to->running - from->running;
}

SEC(LUN_EXIT)
int lun_counters_out(void *ctx)
{
	struct bpf_perf_event_value now[LUN_COUNTERS_MAX] = {};
	__u32 zero = 0;
	struct start *start = bpf_map_lookup_elem(&lun_starts, &zero);
	__u64 *runs = bpf_map_lookup_elem(&lun_runs, &zero);

	if (!start || !runs || !start->set)
		return 0;
	start->set = 0;
	/* Reads all counters first, so that the adding is not counted for the program. */
	for (__u32 i = 0; i < LUN_COUNTERS_MAX && i < events; i++)
		if (read_event(i, &now[i]))
			return 0;
	for (__u32 i = 0; i < LUN_COUNTERS_MAX && i < events; i++)
		add(i, &start->values[i], &now[i]);
	++*runs;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
