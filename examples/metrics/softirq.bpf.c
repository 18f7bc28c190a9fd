/* Time in soft interrupts, by kind. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { KINDS = 16 };

struct trace_event_raw_softirq {
	unsigned int vec;
} __attribute__((preserve_access_index));

struct softirq {
	__u64 count;
	__u64 ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KINDS);
	__type(key, __u32);
	__type(value, struct softirq);
} softirqs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} softirq_began SEC(".maps");

SEC("tracepoint/irq/softirq_entry")
int softirq_enter(struct trace_event_raw_softirq *ctx)
{
	__u32 zero = 0;
	__u64 *began = bpf_map_lookup_elem(&softirq_began, &zero);

	if (began)
		*began = bpf_ktime_get_ns();
	return 0;
}

SEC("tracepoint/irq/softirq_exit")
int softirq_leave(struct trace_event_raw_softirq *ctx)
{
	__u32 zero = 0, vec = ctx->vec;
	__u64 *began = bpf_map_lookup_elem(&softirq_began, &zero);
	struct softirq *softirq = bpf_map_lookup_elem(&softirqs, &vec);

	if (!began || !*began || !softirq)
		return 0;
	softirq->count++;
	softirq->ns += bpf_ktime_get_ns() - *began;
	*began = 0;
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
