#include "bpf/object/type_names.h"

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
	return name_at(types[kind], type);
}

int lun_type_parse(enum lun_kind kind, const char *name)
{
	return index_of(types[kind], name);
}

const char *lun_attach_type_name(uint32_t type)
{
	return name_at((struct name_list){ attach_types, COUNT(attach_types) }, type);
}

const char *lun_perf_type_name(uint32_t type)
{
	return name_at((struct name_list){ perf_types, COUNT(perf_types) }, type);
}

const char *lun_task_fd_type_name(uint32_t type)
{
	return name_at((struct name_list){ task_fd_types, COUNT(task_fd_types) }, type);
}
