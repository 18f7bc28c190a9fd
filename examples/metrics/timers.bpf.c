/* Timers that were started, by the function that they call. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct trace_event_raw_timer_start {
	void *function;
} __attribute__((preserve_access_index));

struct trace_event_raw_hrtimer_expire_entry {
	void *function;
} __attribute__((preserve_access_index));

struct timer_key {
	__u64 function;
	__u64 high_resolution;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct timer_key);
	__type(value, __u64);
} timer_starts SEC(".maps");

static __always_inline void count(void *map, const void *key, __u64 more)
{
	__u64 *known = bpf_map_lookup_elem(map, key);

	if (known)
		*known += more;
	else
		bpf_map_update_elem(map, key, &more, BPF_NOEXIST);
}

SEC("tracepoint/timer/timer_start")
int timer_started(struct trace_event_raw_timer_start *ctx)
{
	struct timer_key key = { .function = (__u64)ctx->function };

	count(&timer_starts, &key, 1);
	return 0;
}

SEC("tracepoint/timer/hrtimer_expire_entry")
int hrtimer_expired(struct trace_event_raw_hrtimer_expire_entry *ctx)
{
	struct timer_key key = { .function = (__u64)ctx->function, .high_resolution = 1 };

	count(&timer_starts, &key, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
