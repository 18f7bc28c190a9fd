/* Requests of disks that are done. */
#include "tools/block.bpf.h"

struct event {
	__u64 time, latency, queued;
	__u64 sector;
	__u32 dev, pid, bytes;
	char comm[COMM], kind[8];
};

RECORD(event);
RING(events, 1 << 20);

SEC("tracepoint/block/block_rq_complete")
int done(struct trace_event_raw_block_rq_completion *ctx)
{
	struct request key = request_of(ctx);
	struct start *start = bpf_map_lookup_elem(&requests, &key);
	struct event event = {};

	if (!start)
		return 0;
	if (start->issued) {
		event.time = bpf_ktime_get_ns();
		event.latency = event.time - start->issued;
		event.queued = start->inserted ? start->issued - start->inserted : 0;
		event.sector = key.sector;
		event.dev = key.dev;
		event.pid = start->pid;
		event.bytes = start->bytes;
		__builtin_memcpy(event.comm, start->comm, sizeof(event.comm));
		__builtin_memcpy(event.kind, start->kind, sizeof(event.kind));
		send(&events, &event, sizeof(event));
	}
	bpf_map_delete_elem(&requests, &key);
	return 0;
}
