/* How long requests of disks take. */
#include "tools/block.bpf.h"
#include "tools/histogram.bpf.h"

const volatile _Bool by_disk, queued, milliseconds;

SEC("tracepoint/block/block_rq_complete")
int done(struct trace_event_raw_block_rq_completion *ctx)
{
	struct request request = request_of(ctx);
	struct start *start = bpf_map_lookup_elem(&requests, &request);
	struct key key = { .id = by_disk ? request.dev : 0 };
	__u64 from, time;

	if (!start)
		return 0;
	from = queued && start->inserted ? start->inserted : start->issued;
	if (start->issued) {
		time = bpf_ktime_get_ns() - from;
		add_to(&key, milliseconds ? time / 1000000 : time / NS_PER_US);
	}
	bpf_map_delete_elem(&requests, &request);
	return 0;
}
