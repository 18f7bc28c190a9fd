// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* A program and maps of several types for the tests of the GraphQL schema: the tests fill them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct point {
	__u32 x;
	__u32 y;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} sch_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct point);
	__type(value, char[16]);
} sch_points SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 64);
	__type(key, char[16]);
	__type(value, __u64);
} sch_percpu SEC(".maps");

struct hist {
	__u32 slots[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct hist);
} sch_hist SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u8);
} sch_array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, __u32);
} sch_queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} sch_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} sch_progs SEC(".maps");

struct sch_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
};

struct sch_inner sch_inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct sch_inner);
} sch_outer SEC(".maps") = { .values = { &sch_inner } };

SEC("tracepoint/syscalls/sys_enter_getresgid")
int sch_main(void *ctx)
{
	__u32 key = 0, number = 1;
	__u64 zero = 0;
	char name[16] = {};

	bpf_map_lookup_elem(&sch_points, name);
	bpf_map_lookup_elem(&sch_percpu, name);
	bpf_map_lookup_elem(&sch_hist, &key);
	bpf_map_lookup_elem(&sch_array, &key);
	bpf_map_lookup_elem(&sch_outer, &key);
	bpf_map_peek_elem(&sch_queue, &number);
	bpf_ringbuf_query(&sch_ring, BPF_RB_AVAIL_DATA);
	bpf_map_update_elem(&sch_hash, &key, &zero, BPF_NOEXIST);
	bpf_tail_call(ctx, &sch_progs, 1);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getresgid")
int sch_next(void *ctx)
{
	return 0;
}

/* Never attached: run by hand. */
SEC("socket")
int sch_filter(struct __sk_buff *skb)
{
	return skb->len * 2;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
