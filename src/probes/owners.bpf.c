// SPDX-License-Identifier: (MIT OR GPL-2.0)
/*
 * One iterator walks every open file of every process, and writes a record for each BPF object and
 * for each perf event or socket with a program; another writes a record for each namespace. Fields
 * of kernel structures are found by BTF. Fields of every file are read by plain loads, which cost a
 * tenth of a probe read.
 */
#include <linux/bpf.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "probes/owners.h"
#include "probes/pids.h"

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

struct ns_common {
	unsigned int inum;
} KERNEL_STRUCT;

struct net {
	struct ns_common ns;
} KERNEL_STRUCT;

struct nsproxy {
	struct net *net_ns;
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

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
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
	int cpu;
	__u32 orig_type; /* the requested type: clocks become types of their own */
	struct {
		__u32 type;
	} attr;
} KERNEL_STRUCT;

struct sk_filter {
	struct bpf_prog *prog;
} KERNEL_STRUCT;

struct sock_reuseport {
	struct bpf_prog *prog;
} KERNEL_STRUCT;

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__u16 skc_num;
	__be16 skc_dport;
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} KERNEL_STRUCT;

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
	struct sk_filter *sk_filter;
	struct sock_reuseport *sk_reuseport_cb;
} KERNEL_STRUCT;

struct socket {
	struct sock *sk;
} KERNEL_STRUCT;

union name {
	char text[16];
	__u64 words[2];
};

/* The kernel's names of anonymous files. A link has two, for the two ways of opening it. */
static const struct {
	union name name;
	__u32 kind;
} files[] = {
	{ { "bpf-prog" }, LUN_OWNER_PROG },
	{ { "bpf-map" }, LUN_OWNER_MAP },
	{ { "bpf_link" }, LUN_OWNER_LINK },
	{ { "bpf-link" }, LUN_OWNER_LINK },
	{ { "btf" }, LUN_OWNER_BTF },
	{ { "[perf_event]" }, LUN_OWNER_PERF },
};

static __u32 id_of(__u32 kind, void *data)
{
	switch (kind) {
	case LUN_OWNER_PROG:
		return BPF_CORE_READ((struct bpf_prog *)data, aux, id);
	case LUN_OWNER_MAP:
		return BPF_CORE_READ((struct bpf_map *)data, id);
	case LUN_OWNER_LINK:
		return BPF_CORE_READ((struct bpf_link *)data, id);
	default:
		return BPF_CORE_READ((struct btf *)data, id);
	}
}

/*
 * The kind of an anonymous file by its name, because the addresses of the file operations are not
 * known on every kernel; -1 for other files.
 */
static int kind_of(const unsigned char *file_name)
{
	union name name = {};

	bpf_probe_read_kernel_str(name.text, sizeof(name.text), file_name);
	for (__u32 i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (name.words[0] == files[i].name.words[0] &&
			name.words[1] == files[i].name.words[1])
			return files[i].kind;
	return -1;
}

/* The context, read once, so that the compiler does not compute its members' addresses again. */
struct place {
	struct seq_file *seq;
	struct task_struct *task;
	__u32 fd;
};

static void write_record(const struct place *place, struct lun_owner_record *record)
{
	struct task_struct *task = place->task;

	if (!record->id)
		return;
	record->fd = place->fd;
	record->pid = process_of(task);
	bpf_probe_read_kernel_str(record->comm, sizeof(record->comm), task->group_leader->comm);
	bpf_seq_write(place->seq, record, sizeof(*record));
}

static void write(const struct place *place, __u32 kind, __u32 id)
{
	struct lun_owner_record record = { .kind = kind, .id = id };

	write_record(place, &record);
}

/* perf_event_attr is a user space structure, whose layout never changes. */
static void write_event(const struct place *place, struct perf_event *event)
{
	struct lun_owner_record record = { .kind = LUN_OWNER_PERF, .told = 1 };
	struct perf_event_attr attr = {};

	record.id = BPF_CORE_READ(event, prog, aux, id);
	bpf_probe_read_kernel(
		&attr, PERF_ATTR_SIZE_VER0, __builtin_preserve_access_index(&event->attr));
	record.event.type = bpf_core_field_exists(event->orig_type)
		? BPF_CORE_READ(event, orig_type)
		: attr.type;
	record.event.cpu = BPF_CORE_READ(event, cpu);
	record.event.config = attr.config;
	record.event.every = attr.sample_period;
	record.event.by_frequency = attr.freq;
	write_record(place, &record);
}

static void read_socket(struct lun_owner_socket *to, struct sock *sk)
{
	enum { INET = 2, INET6 = 10 };

	to->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	to->type = BPF_CORE_READ(sk, sk_type);
	to->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (to->family != INET && to->family != INET6)
		return;
	to->port = BPF_CORE_READ(sk, __sk_common.skc_num);
	to->peer_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (to->family == INET6) {
		BPF_CORE_READ_INTO(&to->address, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&to->peer, sk, __sk_common.skc_v6_daddr);
	} else {
		BPF_CORE_READ_INTO((__be32 *)to->address, sk, __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__be32 *)to->peer, sk, __sk_common.skc_daddr);
	}
}

/* Classic BPF filters are programs, too, but have no id. */
static void write_socket(const struct place *place, struct socket *socket)
{
	struct lun_owner_record record = { .told = 1 };
	struct sock *sk = BPF_CORE_READ(socket, sk);
	__u32 filter = BPF_CORE_READ(sk, sk_filter, prog, aux, id);
	__u32 choice = BPF_CORE_READ(sk, sk_reuseport_cb, prog, aux, id);

	if (!filter && !choice)
		return;
	read_socket(&record.socket, sk);
	record.kind = LUN_OWNER_SOCKET;
	record.id = filter;
	write_record(place, &record);
	record.kind = LUN_OWNER_REUSEPORT;
	record.id = choice;
	write_record(place, &record);
}

SEC("iter/task_file")
int lun_owners(struct bpf_iter__task_file *ctx)
{
	struct place at = { .seq = ctx->meta->seq, .task = ctx->task, .fd = ctx->fd };
	struct file *file = ctx->file;
	struct dentry *dentry;
	unsigned long magic;
	int kind;

	if (!at.task || !file)
		return 0;
	dentry = file->f_path.dentry;
	magic = dentry->d_sb->s_magic;
	if (magic == SOCKFS_MAGIC)
		write_socket(&at, file->private_data);
	if (magic != ANON_INODE_FS_MAGIC)
		return 0;
	kind = kind_of(dentry->d_name.name);
	if (kind == LUN_OWNER_PERF)
		write_event(&at, file->private_data);
	else if (kind >= 0)
		write(&at, kind, id_of(kind, file->private_data));
	return 0;
}

/* A kernel has few of them: a separate program costs no more than the walk. */
SEC("iter/task_file")
int lun_held_ns(struct bpf_iter__task_file *ctx)
{
	struct place at = { .seq = ctx->meta->seq, .task = ctx->task, .fd = ctx->fd };
	struct file *file = ctx->file;
	struct dentry *dentry;

	if (!at.task || !file)
		return 0;
	dentry = file->f_path.dentry;
	if (dentry->d_sb->s_magic == NSFS_MAGIC)
		write(&at, LUN_OWNER_NS, (__u32)dentry->d_inode->i_ino);
	return 0;
}

SEC("iter/task")
int lun_strays(struct bpf_iter__task *ctx)
{
	struct lun_owner_record record = { .kind = LUN_OWNER_THREAD };
	struct task_struct *task = ctx->task;
	struct seq_file *seq = ctx->meta->seq;
	struct net *net;

	if (!task)
		return 0;
	net = BPF_CORE_READ(task, nsproxy, net_ns);
	if (!net || net == BPF_CORE_READ(task, group_leader, nsproxy, net_ns))
		return 0;
	record.id = BPF_CORE_READ(net, ns.inum);
	record.pid = process_of(task);
	record.fd = thread_of(task);
	BPF_CORE_READ_STR_INTO(&record.comm, task, group_leader, comm);
	bpf_seq_write(seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
