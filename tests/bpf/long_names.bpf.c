// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Maps whose names go on after the 15 characters that the kernel keeps, and begin alike. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct flow {
	__u32 from, to;
	__u16 port;
	__u16 zone;
	__u32 pad;
};

/* The same types, and no more than the name to tell them apart. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} requests_total_by_host SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} requests_total_by_port SEC(".maps");

/* One declares its types, the other its sizes alone, which are the same. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct flow);
	__type(value, struct flow);
} tcp_connections_by_flow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__uint(key_size, 16);
	__uint(value_size, 16);
} tcp_connections_by_cookie SEC(".maps");

/* Queues keep no BTF: only the program's tells their types. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, struct flow);
} waiting_for_work_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__uint(value_size, 16);
} waiting_for_work_cookies SEC(".maps");

struct cookie {
	__u64 hi, lo;
};

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, struct flow);
} one_of_two_queues_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, struct cookie);
} one_of_two_queues_cookies SEC(".maps");

/* As long as the kernel's names can be. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} fifteen_letters SEC(".maps");

SEC("socket")
int ln_use_of_all_maps(struct __sk_buff *skb)
{
	struct flow flow = {};
	__u32 key = 0;

	bpf_map_push_elem(&waiting_for_work_flows, &flow, 0);
	bpf_map_push_elem(&waiting_for_work_cookies, &flow, 0);
	bpf_map_push_elem(&one_of_two_queues_flows, &flow, 0);
	bpf_map_push_elem(&one_of_two_queues_cookies, &flow, 0);
	return bpf_map_lookup_elem(&requests_total_by_host, &key) ||
		bpf_map_lookup_elem(&requests_total_by_port, &key) ||
		bpf_map_lookup_elem(&tcp_connections_by_flow, &flow) ||
		bpf_map_lookup_elem(&tcp_connections_by_cookie, &flow) ||
		bpf_map_lookup_elem(&fifteen_letters, &key);
}

/* Of two queues that begin alike, one: where it is loaded alone, the other is not made. */
SEC("socket")
int ln_use_of_one_map(struct __sk_buff *skb)
{
	struct flow flow = {};

	return bpf_map_push_elem(&one_of_two_queues_flows, &flow, 0);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
