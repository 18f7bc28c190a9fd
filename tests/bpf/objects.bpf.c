// SPDX-License-Identifier: (MIT OR GPL-2.0)
/*
 * Programs of several types over two maps: what the tests of bpf.progs, links and load look
 * at. Each only counts.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} obj_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} obj_recent SEC(".maps");

static void count(void)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&obj_counts, &zero);

	if (value)
		*value += 1;
}

/* A name that the kernel cuts at 15 characters. */
SEC("tracepoint/syscalls/sys_enter_getpgid")
int obj_tracepoint_of_getpgid(void *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u64 one = 1;

	count();
	bpf_map_update_elem(&obj_recent, &pid, &one, BPF_ANY);
	return 0;
}

SEC("raw_tp/sys_exit")
int obj_raw_tp(void *ctx)
{
	return 0;
}

SEC("tp_btf/sched_process_exec")
int obj_tp_btf(void *ctx)
{
	count();
	return 0;
}

SEC("uprobe/libc.so.6:getpgid")
int obj_uprobe(void *ctx)
{
	return 0;
}

SEC("uretprobe/libc.so.6:getpgid")
int obj_uretprobe(void *ctx)
{
	return 0;
}

SEC("iter/task")
int obj_iter(void *ctx)
{
	return 0;
}

/* Its section does not say where it goes: attaching leaves it out. */
SEC("xdp")
int obj_xdp(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
