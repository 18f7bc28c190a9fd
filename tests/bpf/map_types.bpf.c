// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Maps of the types that maps.bpf.c leaves out, so that both together have all of them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(name, kind, key_bytes, value_bytes, entries)                                           \
	struct {                                                                                   \
		__uint(type, kind);                                                                \
		__uint(max_entries, entries);                                                      \
		__uint(key_size, key_bytes);                                                       \
		__uint(value_size, value_bytes);                                                   \
	} name SEC(".maps")

MAP(ty_sockmap, BPF_MAP_TYPE_SOCKMAP, 4, 8, 4);
MAP(ty_sockmap_4, BPF_MAP_TYPE_SOCKMAP, 4, 4, 4); /* its sockets can't be shown */
MAP(ty_sockhash, BPF_MAP_TYPE_SOCKHASH, 4, 8, 4);
MAP(ty_devmap, BPF_MAP_TYPE_DEVMAP, 4, 8, 4);
MAP(ty_devmap_hash, BPF_MAP_TYPE_DEVMAP_HASH, 4, 8, 4);
MAP(ty_devices, BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 20000); /* many, and read key by key */
MAP(ty_cpumap, BPF_MAP_TYPE_CPUMAP, 4, 8, 1);
MAP(ty_xskmap, BPF_MAP_TYPE_XSKMAP, 4, 4, 4);
MAP(ty_reuseport, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 4);
MAP(ty_perf, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0);

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, __u64);
} ty_cg_storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, __u64);
} ty_cg_storage_pc SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} ty_user_ring SEC(".maps");

struct one {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} ty_inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct one);
} ty_outer SEC(".maps");

SEC("cgroup_skb/egress")
int ty_count(struct __sk_buff *skb)
{
	__u64 *bytes = bpf_get_local_storage(&ty_cg_storage, 0);
	__u64 *own = bpf_get_local_storage(&ty_cg_storage_pc, 0);

	*bytes += 1;
	*own += 1;
	return 1;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
