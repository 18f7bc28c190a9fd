/* Text that a terminal would obey, wherever a program may carry some: the sources' lines below hold
 * raw bytes, tests/cli/hostile.lua fills the map and names the rest. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct note {
	char text[40];
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, char[24]);
	__type(value, struct note);
} hostile_notes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} hostile_devices SEC(".maps");

SEC("xdp")
int hostile_xdp(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("cgroup_skb/egress")
int hostile_egress(struct __sk_buff *skb)
{
	char key[24] = "hostile";                                     /* ]0;pwned31m‮� */
	struct note *note = bpf_map_lookup_elem(&hostile_notes, key); /* ]0;pwned31m‮� */

	if (note)
		note->count++; /* ]0;pwned31m‮� */
	return 1;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
