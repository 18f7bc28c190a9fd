/* Packets that the kernel drops, by reason. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum skb_drop_reason { SKB_NOT_DROPPED_YET };

struct trace_event_raw_kfree_skb {
	enum skb_drop_reason reason;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 512);
	__type(key, __u32);
	__type(value, __u64);
} drop_reasons SEC(".maps");

static __always_inline void count(void *map, const void *key, __u64 more)
{
	__u64 *known = bpf_map_lookup_elem(map, key);

	if (known)
		*known += more;
	else
		bpf_map_update_elem(map, key, &more, BPF_NOEXIST);
}

SEC("tracepoint/skb/kfree_skb")
int packet_dropped(struct trace_event_raw_kfree_skb *ctx)
{
	__u32 reason = ctx->reason;

	count(&drop_reasons, &reason, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
