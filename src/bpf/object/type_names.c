#include "bpf/object/type_names.h"

#include <bpf/btf.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const kinds[LUN_KINDS] = { "prog", "map", "link", "btf" };

static const char *const prog_types[] = {
	"unspec",
	"socket_filter",
	"kprobe",
	"sched_cls",
	"sched_act",
	"tracepoint",
	"xdp",
	"perf_event",
	"cgroup_skb",
	"cgroup_sock",
	"lwt_in",
	"lwt_out",
	"lwt_xmit",
	"sock_ops",
	"sk_skb",
	"cgroup_device",
	"sk_msg",
	"raw_tracepoint",
	"cgroup_sock_addr",
	"lwt_seg6local",
	"lirc_mode2",
	"sk_reuseport",
	"flow_dissector",
	"cgroup_sysctl",
	"raw_tracepoint_writable",
	"cgroup_sockopt",
	"tracing",
	"struct_ops",
	"ext",
	"lsm",
	"sk_lookup",
	"syscall",
	"netfilter",
};

static const char *const map_types[] = {
	"unspec",
	"hash",
	"array",
	"prog_array",
	"perf_event_array",
	"percpu_hash",
	"percpu_array",
	"stack_trace",
	"cgroup_array",
	"lru_hash",
	"lru_percpu_hash",
	"lpm_trie",
	"array_of_maps",
	"hash_of_maps",
	"devmap",
	"sockmap",
	"cpumap",
	"xskmap",
	"sockhash",
	"cgroup_storage",
	"reuseport_sockarray",
	"percpu_cgroup_storage",
	"queue",
	"stack",
	"sk_storage",
	"devmap_hash",
	"struct_ops",
	"ringbuf",
	"inode_storage",
	"task_storage",
	"bloom_filter",
	"user_ringbuf",
	"cgrp_storage",
	"arena",
	"insn_array",
	"rhash",
};

static const char *const link_types[] = {
	"unspec",
	"raw_tracepoint",
	"tracing",
	"cgroup",
	"iter",
	"netns",
	"xdp",
	"perf_event",
	"kprobe_multi",
	"struct_ops",
	"netfilter",
	"tcx",
	"uprobe_multi",
	"netkit",
	"sockmap",
};

static const char *const attach_types[] = {
	"cgroup_inet_ingress",
	"cgroup_inet_egress",
	"cgroup_inet_sock_create",
	"cgroup_sock_ops",
	"sk_skb_stream_parser",
	"sk_skb_stream_verdict",
	"cgroup_device",
	"sk_msg_verdict",
	"cgroup_inet4_bind",
	"cgroup_inet6_bind",
	"cgroup_inet4_connect",
	"cgroup_inet6_connect",
	"cgroup_inet4_post_bind",
	"cgroup_inet6_post_bind",
	"cgroup_udp4_sendmsg",
	"cgroup_udp6_sendmsg",
	"lirc_mode2",
	"flow_dissector",
	"cgroup_sysctl",
	"cgroup_udp4_recvmsg",
	"cgroup_udp6_recvmsg",
	"cgroup_getsockopt",
	"cgroup_setsockopt",
	"trace_raw_tp",
	"trace_fentry",
	"trace_fexit",
	"modify_return",
	"lsm_mac",
	"trace_iter",
	"cgroup_inet4_getpeername",
	"cgroup_inet6_getpeername",
	"cgroup_inet4_getsockname",
	"cgroup_inet6_getsockname",
	"xdp_devmap",
	"cgroup_inet_sock_release",
	"xdp_cpumap",
	"sk_lookup",
	"xdp",
	"sk_skb_verdict",
	"sk_reuseport_select",
	"sk_reuseport_select_or_migrate",
	"perf_event",
	"trace_kprobe_multi",
	"lsm_cgroup",
	"struct_ops",
	"netfilter",
	"tcx_ingress",
	"tcx_egress",
	"trace_uprobe_multi",
	"cgroup_unix_connect",
	"cgroup_unix_sendmsg",
	"cgroup_unix_recvmsg",
	"cgroup_unix_getpeername",
	"cgroup_unix_getsockname",
	"netkit_primary",
	"netkit_peer",
	"trace_kprobe_session",
	"trace_uprobe_session",
};

static const char *const perf_types[] = {
	"unspec",
	"uprobe",
	"uretprobe",
	"kprobe",
	"kretprobe",
	"tracepoint",
	"event",
};

static const char *const task_fd_types[] = {
	"raw_tracepoint",
	"tracepoint",
	"kprobe",
	"kretprobe",
	"uprobe",
	"uretprobe",
};

struct name_list {
	const char *const *names;
	size_t count;
};

static const struct name_list types[LUN_KINDS] = {
	[LUN_PROG] = { prog_types, COUNT(prog_types) },
	[LUN_MAP] = { map_types, COUNT(map_types) },
	[LUN_LINK] = { link_types, COUNT(link_types) },
};

/* Constants of an enum in the running kernel's BTF: for types newer than our lists. */
struct kernel_enum {
	const char *name;   /* of the enum */
	const char *prefix; /* prefix of its constants; our names leave it out */
	char (*names)[64];  /* by number; "" where there is none */
	uint32_t count;
};

enum { ATTACH_TYPES = LUN_KINDS, ENUMS, NUMBERS_MAX = 1024 };

static struct kernel_enum kernel_enums[ENUMS] = {
	[LUN_PROG] = { .name = "bpf_prog_type", .prefix = "BPF_PROG_TYPE_" },
	[LUN_MAP] = { .name = "bpf_map_type", .prefix = "BPF_MAP_TYPE_" },
	[LUN_LINK] = { .name = "bpf_link_type", .prefix = "BPF_LINK_TYPE_" },
	[ATTACH_TYPES] = { .name = "bpf_attach_type", .prefix = "BPF_" },
};
static pthread_once_t kernel_once = PTHREAD_ONCE_INIT;

static void keep_name(struct kernel_enum *list, uint32_t number, const char *constant)
{
	size_t skip = strlen(list->prefix);
	char *name = list->names[number];

	if (strncmp(constant, list->prefix, skip))
		return; /* the constant that ends the enum: __MAX_BPF_PROG_TYPE */
	snprintf(name, sizeof(list->names[0]), "%s", constant + skip);
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

static void read_enum(const struct btf *btf, struct kernel_enum *list)
{
	int id = list->name ? btf__find_by_name_kind(btf, list->name, BTF_KIND_ENUM) : -1;
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	const struct btf_enum *constants = type ? btf_enum(type) : NULL;
	uint32_t n = type ? btf_vlen(type) : 0, highest = 0;

	for (uint32_t i = 0; i < n; i++)
		if (constants[i].val >= 0 && constants[i].val < NUMBERS_MAX &&
			(uint32_t)constants[i].val > highest)
			highest = (uint32_t)constants[i].val;
	list->names = n ? calloc(highest + 1, sizeof(list->names[0])) : NULL;
	if (!list->names)
		return;
	list->count = highest + 1;
	for (uint32_t i = 0; i < n; i++)
		if (constants[i].val >= 0 && (uint32_t)constants[i].val <= highest)
			keep_name(list, (uint32_t)constants[i].val,
				btf__name_by_offset(btf, constants[i].name_off));
}

/* Runs once: the running kernel does not change. */
static void read_kernel_enums(void)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return;
	for (size_t i = 0; i < ENUMS; i++)
		read_enum(btf, &kernel_enums[i]);
	btf__free(btf);
}

static const struct kernel_enum *kernel_enum(size_t which)
{
	pthread_once(&kernel_once, read_kernel_enums);
	return &kernel_enums[which];
}

static const char *kernel_name(size_t which, uint32_t number)
{
	const struct kernel_enum *list = kernel_enum(which);

	return number < list->count && list->names[number][0] ? list->names[number] : NULL;
}

static int kernel_number(size_t which, const char *name)
{
	const struct kernel_enum *list = kernel_enum(which);

	for (uint32_t i = 0; i < list->count; i++)
		if (list->names[i][0] && !strcmp(list->names[i], name))
			return (int)i;
	return -1;
}

static const char *name_at(struct name_list list, uint32_t i)
{
	return i < list.count ? list.names[i] : NULL;
}

static int index_of(struct name_list list, const char *name)
{
	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.names[i], name))
			return (int)i;
	return -1;
}

const char *lun_kind_name(enum lun_kind kind)
{
	return kinds[kind];
}

int lun_kind_parse(const char *name)
{
	return index_of((struct name_list){ kinds, LUN_KINDS }, name);
}

const char *lun_type_name(enum lun_kind kind, uint32_t type)
{
	const char *name = name_at(types[kind], type);

	return name ? name : kernel_name(kind, type);
}

int lun_type_parse(enum lun_kind kind, const char *name)
{
	int type = index_of(types[kind], name);

	return type >= 0 ? type : kernel_number(kind, name);
}

int lun_type_in_kernel(enum lun_kind kind, uint32_t type)
{
	return kernel_enum(kind)->count ? kernel_name(kind, type) != NULL : -ENOTSUP;
}

const char *lun_attach_type_name(uint32_t type)
{
	const char *name = name_at((struct name_list){ attach_types, COUNT(attach_types) }, type);

	return name ? name : kernel_name(ATTACH_TYPES, type);
}

const char *lun_perf_type_name(uint32_t type)
{
	return name_at((struct name_list){ perf_types, COUNT(perf_types) }, type);
}

const char *lun_task_fd_type_name(uint32_t type)
{
	return name_at((struct name_list){ task_fd_types, COUNT(task_fd_types) }, type);
}
