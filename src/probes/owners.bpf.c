// SPDX-License-Identifier: (MIT OR GPL-2.0)
/*
 * Walks every open file of every process, and writes a record for each that is a BPF object,
 * a perf event or socket with a program, or a namespace. It reads the few kernel structures it
 * needs by their BTF.
 */
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "probes/owners.h"

#define KERNEL_STRUCT __attribute__((preserve_access_index))

struct super_block {
	unsigned long s_magic;
} KERNEL_STRUCT;

struct qstr {
	const unsigned char *name;
} KERNEL_STRUCT;

struct inode {
	unsigned long i_ino;
} KERNEL_STRUCT;

struct dentry {
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
} KERNEL_STRUCT;

struct path {
	struct dentry *dentry;
} KERNEL_STRUCT;

struct file {
	void *private_data;
	struct path f_path;
} KERNEL_STRUCT;

struct task_struct {
	int tgid;
	struct task_struct *group_leader;
	char comm[16];
} KERNEL_STRUCT;

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} KERNEL_STRUCT;

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} KERNEL_STRUCT;

struct bpf_prog_aux {
	__u32 id;
} KERNEL_STRUCT;

struct bpf_prog {
	struct bpf_prog_aux *aux;
} KERNEL_STRUCT;

struct bpf_map {
	__u32 id;
} KERNEL_STRUCT;

struct bpf_link {
	__u32 id;
} KERNEL_STRUCT;

struct btf {
	__u32 id;
} KERNEL_STRUCT;

struct perf_event {
	struct bpf_prog *prog;
} KERNEL_STRUCT;

struct sk_filter {
	struct bpf_prog *prog;
} KERNEL_STRUCT;

struct sock_reuseport {
	struct bpf_prog *prog;
} KERNEL_STRUCT;

struct sock {
	struct sk_filter *sk_filter;
	struct sock_reuseport *sk_reuseport_cb;
} KERNEL_STRUCT;

struct socket {
	struct sock *sk;
} KERNEL_STRUCT;

/* The kernel's names of the anonymous files; a link has two, by how it was opened. */
static const struct {
	char name[16];
	__u32 kind;
} files[] = {
	{ "bpf-prog", LUN_OWNER_PROG },
	{ "bpf-map", LUN_OWNER_MAP },
	{ "bpf_link", LUN_OWNER_LINK },
	{ "bpf-link", LUN_OWNER_LINK },
	{ "btf", LUN_OWNER_BTF },
	{ "[perf_event]", LUN_OWNER_PERF },
};

static bool same(const char *have, const char *want)
{
	for (int i = 0; i < 16; i++) {
		if (have[i] != want[i])
			return false;
		if (!have[i])
			return true;
	}
	return true;
}

static __u32 id_of(__u32 kind, void *data)
{
	switch (kind) {
	case LUN_OWNER_PROG:
		return BPF_CORE_READ((struct bpf_prog *)data, aux, id);
	case LUN_OWNER_MAP:
		return BPF_CORE_READ((struct bpf_map *)data, id);
	case LUN_OWNER_LINK:
		return BPF_CORE_READ((struct bpf_link *)data, id);
	case LUN_OWNER_BTF:
		return BPF_CORE_READ((struct btf *)data, id);
	default:
		return BPF_CORE_READ((struct perf_event *)data, prog, aux, id);
	}
}

/*
 * The kind of an anonymous file, by its name, since the addresses of the kernel's file
 * operations are not known everywhere; -1 when it is none of ours.
 */
static int kind_of(struct dentry *dentry)
{
	char name[16] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(dentry, d_name.name));
	for (__u32 i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (same(name, files[i].name))
			return files[i].kind;
	return -1;
}

static void write(struct bpf_iter__task_file *ctx, __u32 kind, __u32 id)
{
	struct lun_owner_record record = { .kind = kind, .id = id, .fd = ctx->fd };
	struct task_struct *task = ctx->task;

	if (!id || !task)
		return;
	record.pid = task->tgid;
	bpf_probe_read_kernel(record.comm, sizeof(record.comm), task->group_leader->comm);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
}

/* Classic filters are programs too, but have no id. */
static void write_socket(struct bpf_iter__task_file *ctx, struct socket *socket)
{
	struct sock *sk = BPF_CORE_READ(socket, sk);

	write(ctx, LUN_OWNER_SOCKET, BPF_CORE_READ(sk, sk_filter, prog, aux, id));
	write(ctx, LUN_OWNER_REUSEPORT, BPF_CORE_READ(sk, sk_reuseport_cb, prog, aux, id));
}

SEC("iter/task_file")
int lun_owners(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct dentry *dentry;
	unsigned long magic;
	int kind;

	if (!ctx->task || !file)
		return 0;
	dentry = BPF_CORE_READ(file, f_path.dentry);
	magic = BPF_CORE_READ(dentry, d_sb, s_magic);
	if (magic == SOCKFS_MAGIC)
		write_socket(ctx, BPF_CORE_READ(file, private_data));
	if (magic == NSFS_MAGIC)
		write(ctx, LUN_OWNER_NS, (__u32)BPF_CORE_READ(dentry, d_inode, i_ino));
	if (magic != ANON_INODE_FS_MAGIC)
		return 0;
	kind = kind_of(dentry);
	if (kind >= 0)
		write(ctx, kind, id_of(kind, BPF_CORE_READ(file, private_data)));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
