// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Maps of types that keep no BTF of their own: only the program that uses them declares it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct place {
	__u32 zone;
	__u16 rack;
	__u16 slot;
};

struct job {
	__u64 id;
	char name[8];
};

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct job);
} dc_inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, struct place);
	__array(values, struct inner);
} dc_places_of_jobs SEC(".maps"); /* the kernel keeps 15 characters of its name */

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, struct job);
} dc_jobs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 4);
	__uint(value_size, 8); /* says nothing */
} dc_plain SEC(".maps");

SEC("socket")
int dc_count(struct __sk_buff *skb)
{
	static volatile __u64 calls = 7; /* "dc_count.calls" in .data */
	struct place place = {};
	struct job job = {};

	calls++;
	bpf_map_push_elem(&dc_plain, &job.id, 0);
	bpf_map_push_elem(&dc_jobs, &job, 0);
	return bpf_map_lookup_elem(&dc_places_of_jobs, &place) != 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
