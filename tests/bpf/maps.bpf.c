// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* A map of every type that a program can declare, with BTF, and a ring buffer that is filled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum state { STATE_NEW, STATE_RUNNING = 5, STATE_GONE = -1 };

typedef __u32 port_t;

struct inner {
	__u16 low;
	__be16 wire;
	char tag[4];
};

struct odd {
	__u8 flag : 1;
	__u8 mode : 3;
	__s8 delta : 4;
	enum state state;
	port_t port;
	union {
		__u64 whole;
		__u32 halves[2];
	};
	struct inner inner;
	__u64 *pointer;
	double ratio;
	float half;
	_Bool ready;
	char name[7];
	__int128 wide;
	__s64 matrix[2][2];
};

struct pair {
	__u32 a;
	__u32 b;
};

struct prefix {
	__u32 length;
	__u8 address[4];
};

#define MAP(name, kind, key_type, value_type, entries, flags)                                      \
	struct {                                                                                   \
		__uint(type, kind);                                                                \
		__uint(max_entries, entries);                                                      \
		__uint(map_flags, flags);                                                          \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

MAP(mt_hash, BPF_MAP_TYPE_HASH, struct pair, struct odd, 64, 0);
MAP(mt_array, BPF_MAP_TYPE_ARRAY, __u32, __u64, 5, 0);
MAP(mt_pc_hash, BPF_MAP_TYPE_PERCPU_HASH, __u32, struct pair, 64, 0);
MAP(mt_pc_array, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u32, 3, 0);
MAP(mt_lru, BPF_MAP_TYPE_LRU_HASH, __u64, __u64, 64, 0);
MAP(mt_pc_lru, BPF_MAP_TYPE_LRU_PERCPU_HASH, __u64, __u64, 64, 0);
MAP(mt_lpm, BPF_MAP_TYPE_LPM_TRIE, struct prefix, __u32, 16, BPF_F_NO_PREALLOC);

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 8);
	__uint(value_size, 4);
} mt_queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 8);
	__uint(value_size, 4);
} mt_stack SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 8);
	__uint(value_size, 4);
} mt_bloom SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} mt_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} mt_progs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} mt_perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} mt_cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, 80);
} mt_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 8);
} mt_sockmap SEC(".maps");

MAP(mt_cpumap, BPF_MAP_TYPE_CPUMAP, __u32, __u32, 2, 0);
MAP(mt_devmap, BPF_MAP_TYPE_DEVMAP, __u32, __u32, 4, 0);

struct one {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} mt_inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct one);
} mt_outer SEC(".maps") = {
	.values = { &mt_inner },
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pair);
} mt_task SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pair);
} mt_sk SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pair);
} mt_inode SEC(".maps");

/* Global data: shows by the names of its variables. */
__u64 total = 7;
int balance = -3;
const volatile char motto[8] = "lunette";
struct pair corner;

/* Fills once: system calls of two CPUs at a time would mix their records. */
SEC("raw_tp/sys_enter")
int mt_fill_ring(void *ctx)
{
	struct pair first = { 1, 2 }, second = { 3, 4 };
	struct pair *dropped;

	if (__sync_fetch_and_add(&corner.a, 1))
		return 0;
	bpf_ringbuf_output(&mt_ring, &first, sizeof(first), 0);
	dropped = bpf_ringbuf_reserve(&mt_ring, sizeof(*dropped), 0);
	if (dropped)
		bpf_ringbuf_discard(dropped, 0);
	bpf_ringbuf_output(&mt_ring, &second, sizeof(second), 0);
	bpf_get_stackid(ctx, &mt_stacks, BPF_F_REUSE_STACKID);
	return motto[0] == 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
