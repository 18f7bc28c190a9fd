/* TCP: changes of state, and segments sent again by remote port. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

enum { IPPROTO_TCP = 6 };

struct trace_event_raw_inet_sock_set_state {
	int oldstate;
	int newstate;
	__u16 protocol;
} __attribute__((preserve_access_index));

struct trace_event_raw_tcp_retransmit_skb {
	__u16 dport;
} __attribute__((preserve_access_index));

struct change {
	__u32 from;
	__u32 to;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 256);
	__type(key, struct change);
	__type(value, __u64);
} tcp_changes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u16);
	__type(value, __u64);
} tcp_again SEC(".maps");

static __always_inline void count(void *map, const void *key, __u64 more)
{
	__u64 *known = bpf_map_lookup_elem(map, key);

	if (known)
		*known += more;
	else
		bpf_map_update_elem(map, key, &more, BPF_NOEXIST);
}

SEC("tracepoint/sock/inet_sock_set_state")
int tcp_state(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct change change = { .from = ctx->oldstate, .to = ctx->newstate };

	if (ctx->protocol == IPPROTO_TCP)
		count(&tcp_changes, &change, 1);
	return 0;
}

/* Named differently by kernels: where neither is there, segments are not counted. */
struct trace_event_raw_tcp_event_sk_skb {
	__u16 dport;
} __attribute__((preserve_access_index));

SEC("tracepoint/tcp/tcp_retransmit_skb")
int tcp_retransmit(void *ctx)
{
	struct trace_event_raw_tcp_retransmit_skb *now = ctx;
	struct trace_event_raw_tcp_event_sk_skb *before = ctx;
	__u16 port = 0;

	if (bpf_core_type_exists(struct trace_event_raw_tcp_retransmit_skb))
		port = now->dport;
	else if (bpf_core_type_exists(struct trace_event_raw_tcp_event_sk_skb))
		port = before->dport;
	count(&tcp_again, &port, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
