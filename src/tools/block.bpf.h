#pragma once
/* Requests of disks: when they were begun, and by whom. */
#include "tools/tool.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct trace_event_raw_block_rq {
	__u32 dev;
	__u64 sector;
	unsigned int nr_sector, bytes;
	char rwbs[8];
};

struct trace_event_raw_block_rq_completion {
	__u32 dev;
	__u64 sector;
	unsigned int nr_sector;
};

struct trace_event_raw_block_rq_complete { /* before Linux 5.16 */
	__u32 dev;
	__u64 sector;
};
#pragma clang attribute pop

struct request {
	__u64 sector;
	__u32 dev, pad;
};

struct start {
	__u64 inserted, issued;
	__u32 pid, bytes;
	char comm[COMM], kind[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct request);
	__type(value, struct start);
} requests SEC(".maps");

const volatile __u32 target_disk;

/* What a finished request is known by. The members are copied: a read of the one or the other place
 * would be merged into one of a changed context, which the verifier refuses. */
static __always_inline struct request request_of(struct trace_event_raw_block_rq_completion *ctx)
{
	struct trace_event_raw_block_rq_complete *older = (void *)ctx;
	struct request request = {};

	if (bpf_core_type_exists(struct trace_event_raw_block_rq_completion)) {
		bpf_core_read(&request.sector, sizeof(request.sector), &ctx->sector);
		bpf_core_read(&request.dev, sizeof(request.dev), &ctx->dev);
	} else {
		bpf_core_read(&request.sector, sizeof(request.sector), &older->sector);
		bpf_core_read(&request.dev, sizeof(request.dev), &older->dev);
	}
	return request;
}

static __always_inline _Bool is_wanted(__u32 dev)
{
	return !target_disk || target_disk == dev;
}

static __always_inline void note_process(struct start *start)
{
	start->pid = tgid();
	bpf_get_current_comm(start->comm, sizeof(start->comm));
}

/* A process made it; it may be issued by a thread of the kernel. */
SEC("tracepoint/block/block_io_start")
int made(struct trace_event_raw_block_rq *ctx)
{
	struct request key = { .sector = ctx->sector, .dev = ctx->dev };
	struct start start = { .inserted = bpf_ktime_get_ns() };

	if (!is_wanted(key.dev))
		return 0;
	note_process(&start);
	bpf_map_update_elem(&requests, &key, &start, BPF_ANY);
	return 0;
}

SEC("tracepoint/block/block_rq_issue")
int issued(struct trace_event_raw_block_rq *ctx)
{
	struct request key = { .sector = ctx->sector, .dev = ctx->dev };
	struct start *known, start = {};

	if (!is_wanted(key.dev))
		return 0;
	known = bpf_map_lookup_elem(&requests, &key);
	if (known)
		start = *known;
	else
		note_process(&start);
	start.issued = bpf_ktime_get_ns();
	start.bytes = ctx->bytes;
	__builtin_memset(start.kind, 0, sizeof(start.kind));
	/* What is behind the text's end is not the kernel's to send. */
	bpf_core_read_str(start.kind, sizeof(start.kind), &ctx->rwbs);
	bpf_map_update_elem(&requests, &key, &start, BPF_ANY);
	return 0;
}
