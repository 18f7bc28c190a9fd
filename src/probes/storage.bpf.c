// SPDX-License-Identifier: (MIT OR GPL-2.0)
/*
 * Local storage of tasks and of sockets: walks the owners and writes each one's value in the map
 * that is loaded in place of `lun_store`.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "probes/pids.h"
#include "probes/storage.h"

struct seq_file;
struct bpf_map;

struct bpf_iter_meta {
	struct seq_file *seq;
} KERNEL_STRUCT;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} KERNEL_STRUCT;

struct sock_common {
	unsigned short skc_family;
	unsigned short skc_num;
	struct {
		__s64 counter;
	} skc_cookie;
} KERNEL_STRUCT;

struct sock {
	struct sock_common __sk_common;
} KERNEL_STRUCT;

struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	struct sock *sk;
	void *value;
} KERNEL_STRUCT;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} lun_store SEC(".maps");

const volatile __u32 value_size = 8;

SEC("iter/task")
int lun_store_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct lun_storage_head head = {};
	void *value;

	if (!task)
		return 0;
	value = bpf_task_storage_get(&lun_store, task, 0, 0);
	if (!value)
		return 0;
	head.pid = process_of(task);
	head.tid = thread_of(task);
	bpf_probe_read_kernel_str(head.comm, sizeof(head.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &head, sizeof(head));
	bpf_seq_write(ctx->meta->seq, value, value_size);
	return 0;
}

SEC("iter/bpf_sk_storage_map")
int lun_store_sk(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sock *sk = ctx->sk;
	void *value = ctx->value;
	struct lun_storage_head head = {};

	if (!sk || !value)
		return 0;
	head.cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	head.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	head.port = BPF_CORE_READ(sk, __sk_common.skc_num);
	bpf_seq_write(ctx->meta->seq, &head, sizeof(head));
	bpf_seq_write(ctx->meta->seq, value, value_size);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
