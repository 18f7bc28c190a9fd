#pragma once
/* The file behind a descriptor of the current process. */
#include "tools/tool.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct file_system_type {
	const char *name;
};

struct super_block {
	struct file_system_type *s_type;
};

struct inode {
	__u16 i_mode;
	__u32 i_rdev;
	struct super_block *i_sb;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	long long f_pos;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct___files {
	struct files_struct *files;
};
#pragma clang attribute pop

enum { S_IFMT = 0170000, S_IFREG = 0100000, S_IFSOCK = 0140000, S_IFCHR = 0020000 };

/* NULL: there is none. */
static __always_inline struct file *file_of(__u64 fd)
{
	struct task_struct___files *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd), *file = NULL;

	if ((__u32)fd < BPF_CORE_READ(table, max_fds))
		bpf_core_read(&file, sizeof(file), &files[(__u32)fd]);
	return file;
}

static __always_inline void read_name(char *name, __u32 size, struct file *file)
{
	const unsigned char *text = BPF_CORE_READ(file, f_path.dentry, d_name.name);

	bpf_probe_read_kernel_str(name, size, text);
}
