// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Records through ring buffers and perf buffers, sent by hand; variables of all kinds. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum colour { RED, GREEN, BLUE };

const volatile __u32 target_pid;
const volatile char wanted[8];
const volatile _Bool enabled;
const volatile enum colour colour;
__s16 shift = -3;
__u64 lost;
__u64 large_lost;

struct event {
	__u64 number;
	char comm[16];
	__u32 target;
	__s16 shift;
};

/* Larger than the stack. */
struct large {
	__u64 number;
	char bytes[32000];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} large SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct large);
} scratch SEC(".maps");

/* The types of records are in the object's BTF when something refers to them. */
const struct event *unused_event;

static __always_inline void fill(struct event *event, __u64 number)
{
	event->number = number;
	__builtin_memcpy(event->comm, "events", 7);
	event->target = target_pid;
	event->shift = shift;
}

SEC("raw_tp/sys_enter")
int send_ring(struct bpf_raw_tracepoint_args *ctx)
{
	struct event event = {};

	fill(&event, ctx->args[0]);
	if (bpf_ringbuf_output(&events, &event, sizeof(event), 0))
		__sync_fetch_and_add(&lost, 1);
	return 0;
}

SEC("raw_tp/sys_enter")
int send_short(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 number = ctx->args[0];

	bpf_ringbuf_output(&events, &number, sizeof(number), 0);
	return 0;
}

SEC("raw_tp/sys_enter")
int send_perf(struct bpf_raw_tracepoint_args *ctx)
{
	struct event event = {};

	fill(&event, ctx->args[0]);
	bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}

SEC("raw_tp/sys_enter")
int send_large(struct bpf_raw_tracepoint_args *ctx)
{
	struct large *record;
	__u32 zero = 0;

	record = bpf_map_lookup_elem(&scratch, &zero);
	if (!record)
		return 0;
	record->number = ctx->args[0];
	__builtin_memset(record->bytes, 'a' + (record->number & 15), 16);
	if (bpf_ringbuf_output(&large, record, sizeof(*record), 0))
		__sync_fetch_and_add(&large_lost, 1);
	return 0;
}

SEC("fentry/lunette_no_such_function")
int by_fentry(void *ctx)
{
	return 0;
}

SEC("tracepoint/lunette/no_such_tracepoint")
int by_missing_tracepoint(void *ctx)
{
	return 0;
}

SEC("raw_tp/sys_exit")
int by_raw_tracepoint(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
