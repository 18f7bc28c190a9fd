// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* Maps whose keys and values are easily read wrong: bytes that are no text, addresses among other
 * fields, numbers of 128 bits, fields that the kernel hides, values that don't add up. */
#include <linux/bpf.h>
#include <linux/in6.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

enum level { LEVEL_LOW = -1, LEVEL_NONE = 0, LEVEL_HIGH = 7, LEVEL_ABOVE = 12 };

struct station {
	char mac[6];
};

struct facts {
	void *address;
	unsigned __int128 wide;
	__int128 balance;
	enum level level;
	__u32 none;
	__u64 mask;
};

/* {prefixlen, vlan, port, addr} */
struct routed {
	__u32 prefixlen;
	__u16 vlan;
	__be16 port;
	__u8 addr[4];
};

/* As Cilium's ipcache has it. */
struct cached {
	struct {
		__u32 prefixlen;
	} lpm_key;
	__u16 cluster_id;
	__u8 pad1;
	__u8 family;
	union {
		struct {
			__be32 ip4;
			__u32 pad4;
			__u32 pad5;
			__u32 pad6;
		};
		struct {
			__u64 p1;
			__u64 p2;
		} ip6;
	};
} __attribute__((packed));

/* As Calico's sets of addresses have it: 16 bytes after the length, which are no IPv6 address. */
struct member {
	__u32 prefixlen;
	__be64 set_id;
	__be32 addr;
	__u16 port;
	__u8 protocol;
	__u8 pad;
} __attribute__((packed));

struct route6 {
	__u32 prefixlen;
	struct in6_addr addr;
};

struct task_struct;

struct held {
	struct bpf_spin_lock lock;
	__u32 users;
	struct bpf_timer timer;
};

struct pointing {
	__u32 users;
	struct task_struct __attribute__((btf_type_tag("kptr"))) * task;
};

struct running {
	__u64 calls;
	__u32 pid;
	char comm[16];
	__u32 flows;
	__u64 last_seen_ns;
};

struct text {
	char name[8];
	__u8 code;
};

#define MAP(name, kind, key_type, value_type, entries, flags)                                      \
	struct {                                                                                   \
		__uint(type, kind);                                                                \
		__uint(max_entries, entries);                                                      \
		__uint(map_flags, flags);                                                          \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

MAP(sh_stations, BPF_MAP_TYPE_HASH, struct station, struct facts, 64, 0);
MAP(sh_texts, BPF_MAP_TYPE_HASH, struct text, __u32, 64, 0);
MAP(sh_wide, BPF_MAP_TYPE_HASH, unsigned __int128, __s64, 64, 0);
MAP(sh_routed, BPF_MAP_TYPE_LPM_TRIE, struct routed, __u32, 64, BPF_F_NO_PREALLOC);
MAP(sh_cached, BPF_MAP_TYPE_LPM_TRIE, struct cached, __u32, 64, BPF_F_NO_PREALLOC);
MAP(sh_members, BPF_MAP_TYPE_LPM_TRIE, struct member, __u32, 64, BPF_F_NO_PREALLOC);
MAP(sh_routes6, BPF_MAP_TYPE_LPM_TRIE, struct route6, __u32, 64, BPF_F_NO_PREALLOC);
MAP(sh_held, BPF_MAP_TYPE_ARRAY, __u32, struct held, 2, 0);
MAP(sh_pointing, BPF_MAP_TYPE_ARRAY, __u32, struct pointing, 2, 0);
MAP(sh_running, BPF_MAP_TYPE_PERCPU_HASH, __u32, struct running, 8, 0);

/* Neither key nor value has a type. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, 7);
	__uint(value_size, 4);
} sh_short SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_STACK_BUILD_ID);
	__uint(key_size, 4);
	__uint(value_size, 32 * 16);
} sh_build_ids SEC(".maps");

volatile __s64 sh_stack = -1; /* the last stack's id */

/* The stack of who writes to a file, by build ids. */
SEC("raw_tp/sys_enter")
int sh_take_stack(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] != 1 /* write */)
		return 0;
	sh_stack = bpf_get_stackid(ctx, &sh_build_ids, BPF_F_USER_STACK | BPF_F_REUSE_STACKID);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
