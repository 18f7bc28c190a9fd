/* How long tasks wait for a CPU after they are woken, in slots of powers of two. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { SLOTS = 27 };

struct trace_event_raw_sched_wakeup_template {
	int pid;
} __attribute__((preserve_access_index));

struct trace_event_raw_sched_switch {
	int prev_pid;
	long prev_state;
	int next_pid;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} rq_woken SEC(".maps");

struct run_queue {
	__u64 waits_us[SLOTS];
	__u64 sum_us;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct run_queue);
} rq_latency SEC(".maps");

/* The slot of a value: the place of its highest bit. */
static __always_inline __u32 slot_of(__u64 value)
{
	__u32 slot = 0;

	for (int bit = 32; bit; bit >>= 1) {
		if (value >> bit) {
			value >>= bit;
			slot += bit;
		}
	}
	return slot < SLOTS ? slot : SLOTS - 1;
}

static __always_inline int woken(__u32 pid)
{
	__u64 now = bpf_ktime_get_ns();

	if (pid)
		bpf_map_update_elem(&rq_woken, &pid, &now, BPF_ANY);
	return 0;
}

SEC("tracepoint/sched/sched_wakeup")
int rq_wakeup(struct trace_event_raw_sched_wakeup_template *ctx)
{
	return woken(ctx->pid);
}

SEC("tracepoint/sched/sched_wakeup_new")
int rq_wakeup_new(struct trace_event_raw_sched_wakeup_template *ctx)
{
	return woken(ctx->pid);
}

SEC("tracepoint/sched/sched_switch")
int rq_switch(struct trace_event_raw_sched_switch *ctx)
{
	__u32 zero = 0, next = ctx->next_pid, slot;
	struct run_queue *queue = bpf_map_lookup_elem(&rq_latency, &zero);
	__u64 *since, us;

	/* Who is switched out while it could run waits from now on. */
	if (!ctx->prev_state)
		woken(ctx->prev_pid);
	since = bpf_map_lookup_elem(&rq_woken, &next);
	if (!since || !queue)
		return 0;
	us = (bpf_ktime_get_ns() - *since) / 1000;
	slot = slot_of(us);
	if (slot < SLOTS)
		queue->waits_us[slot]++;
	queue->sum_us += us;
	bpf_map_delete_elem(&rq_woken, &next);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
