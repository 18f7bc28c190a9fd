/* Bytes that the sockets of each control group send. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} cgroup_egress SEC(".maps");

static __always_inline void count(void *map, const void *key, __u64 more)
{
	__u64 *known = bpf_map_lookup_elem(map, key);

	if (known)
		*known += more;
	else
		bpf_map_update_elem(map, key, &more, BPF_NOEXIST);
}

SEC("cgroup_skb/egress")
int cgroup_sent(struct __sk_buff *skb)
{
	__u64 group = bpf_skb_cgroup_id(skb);

	count(&cgroup_egress, &group, skb->len);
	return 1;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
