#pragma once
/*
 * One link: the program, and the fields that its type has. Our own copy of the kernel's
 * structure, since the headers we build with lack the newer types; what the running kernel
 * does not fill stays zero. Functions return 0 or -errno.
 */
#include <stdint.h>

#include "bpf/object/object.h"

enum lun_link_type {
	LUN_LINK_RAW_TRACEPOINT = 1,
	LUN_LINK_TRACING,
	LUN_LINK_CGROUP,
	LUN_LINK_ITER,
	LUN_LINK_NETNS,
	LUN_LINK_XDP,
	LUN_LINK_PERF_EVENT,
	LUN_LINK_KPROBE_MULTI,
	LUN_LINK_STRUCT_OPS,
	LUN_LINK_NETFILTER,
	LUN_LINK_TCX,
	LUN_LINK_UPROBE_MULTI,
	LUN_LINK_NETKIT,
	LUN_LINK_SOCKMAP,
};

enum lun_perf_type {
	LUN_PERF_UPROBE = 1,
	LUN_PERF_URETPROBE,
	LUN_PERF_KPROBE,
	LUN_PERF_KRETPROBE,
	LUN_PERF_TRACEPOINT,
	LUN_PERF_EVENT,
};

/* struct bpf_link_info of Linux 6.18. */
struct lun_link_abi {
	uint32_t type;
	uint32_t id;
	uint32_t prog_id;
	union {
		struct {
			uint64_t tp_name;
			uint32_t tp_name_len;
			uint32_t pad;
			uint64_t cookie;
		} raw_tracepoint;
		struct {
			uint32_t attach_type;
			uint32_t target_obj_id;
			uint32_t target_btf_id;
			uint32_t pad;
			uint64_t cookie;
		} tracing;
		struct {
			uint64_t cgroup_id;
			uint32_t attach_type;
		} cgroup;
		struct {
			uint64_t target_name;
			uint32_t target_name_len;
			uint32_t map_id;
			union {
				struct {
					uint64_t id;
					uint32_t order;
				} cgroup;
				struct {
					uint32_t tid;
					uint32_t pid;
				} task;
			};
		} iter;
		struct {
			uint32_t netns_ino;
			uint32_t attach_type;
		} netns;
		struct {
			uint32_t ifindex;
			uint32_t attach_type;
		} net; /* XDP (no attach type), TCX, netkit */
		struct {
			uint32_t map_id;
			uint32_t attach_type;
		} map; /* struct_ops (no attach type), sockmap */
		struct {
			uint32_t pf;
			uint32_t hooknum;
			int32_t priority;
			uint32_t flags;
		} netfilter;
		struct {
			uint64_t addrs;
			uint32_t count;
			uint32_t flags;
			uint64_t missed;
			uint64_t cookies;
		} kprobe_multi;
		struct {
			uint64_t path;
			uint64_t offsets;
			uint64_t ref_ctr_offsets;
			uint64_t cookies;
			uint32_t path_size;
			uint32_t count;
			uint32_t flags;
			uint32_t pid;
		} uprobe_multi;
		struct {
			uint32_t type;
			uint32_t pad;
			union {
				struct {
					uint64_t file_name;
					uint32_t name_len;
					uint32_t offset;
					uint64_t cookie;
					uint64_t ref_ctr_offset;
				} uprobe;
				struct {
					uint64_t func_name;
					uint32_t name_len;
					uint32_t offset;
					uint64_t addr;
					uint64_t missed;
					uint64_t cookie;
				} kprobe;
				struct {
					uint64_t tp_name;
					uint32_t name_len;
					uint32_t pad;
					uint64_t cookie;
				} tracepoint;
				struct {
					uint64_t config;
					uint32_t type;
					uint32_t pad;
					uint64_t cookie;
				} event;
			};
		} perf_event;
	};
} __attribute__((aligned(8)));

struct lun_link_info {
	struct lun_link_abi k; /* its pointers are cleared */
	char text[4096];       /* tracepoint, function, file or iterator name; "" for none */
	uint64_t *addrs;       /* kprobe_multi: addresses; uprobe_multi: offsets */
	uint64_t *cookies;     /* of the same, or NULL */
	uint64_t *semaphores;  /* uprobe_multi: offsets of USDT reference counters, or NULL */
	uint32_t addr_count;
};

/* `addrs` asks for the lists of the multi links too. Free it on success. */
int lun_link_info(int fd, bool addrs, struct lun_link_info *info);
void lun_link_info_free(struct lun_link_info *info);
