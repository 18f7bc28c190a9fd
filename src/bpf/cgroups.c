#include "bpf/cgroups.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/mounts.h"

enum { DEPTH_MAX = 64, PROGS_MAX = 64, FILE_ID_KERNFS = 0xfe };

/* Attach types of cgroups: unix sockets' are newer than the headers. */
static const uint32_t types[] = {
	BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS, BPF_CGROUP_INET_SOCK_CREATE,
	BPF_CGROUP_INET_SOCK_RELEASE, BPF_CGROUP_SOCK_OPS, BPF_CGROUP_DEVICE, BPF_CGROUP_INET4_BIND,
	BPF_CGROUP_INET6_BIND, BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND,
	BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT, BPF_CGROUP_INET4_GETPEERNAME,
	BPF_CGROUP_INET6_GETPEERNAME, BPF_CGROUP_INET4_GETSOCKNAME, BPF_CGROUP_INET6_GETSOCKNAME,
	BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP6_SENDMSG, BPF_CGROUP_UDP4_RECVMSG,
	BPF_CGROUP_UDP6_RECVMSG, BPF_CGROUP_SYSCTL, BPF_CGROUP_GETSOCKOPT, BPF_CGROUP_SETSOCKOPT,
	BPF_LSM_CGROUP, 49, /* unix connect */
	50,                 /* unix sendmsg */
	51,                 /* unix recvmsg */
	52,                 /* unix getpeername */
	53,                 /* unix getsockname */
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

struct walk {
	struct lun_cgroup_progs *progs;
	uint32_t flags;
	bool refused[TYPES]; /* the kernel does not know the type: asked once */
	bool denied;         /* we may not ask at all */
	char path[4096];     /* below the root; "" for the root itself */
};

/* A mount of our own, in no namespace, gone with the descriptor. */
static int mount_alone(void)
{
	int fs = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC), mount = -1, err;

	if (fs < 0)
		return -errno;
	if (!syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
	err = mount < 0 ? -errno : mount;
	close(fs);
	return err;
}

/* The root directory; *prefix is the length of its mount's path. */
static int open_root(size_t *prefix)
{
	char path[4096];
	int fd;

	*prefix = 0;
	if (!lun_cgroup_root(path, sizeof(path)))
		return mount_alone();
	*prefix = strcmp(path, "/") ? strlen(path) : 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void add_rows(struct walk *walk, uint64_t id, uint32_t type, const uint32_t *progs,
	uint32_t n, uint32_t flags, size_t path)
{
	struct lun_cgroup_prog row = {
		.cgroup_id = id,
		.path = path,
		.attach_type = type,
		.attach_flags = flags,
	};

	for (uint32_t i = 0; i < n; i++) {
		row.prog_id = progs[i];
		lun_out_mem(&walk->progs->rows, &row, sizeof(row));
	}
}

/* Writes the path once for all of a cgroup's rows. */
static size_t note_path(struct walk *walk)
{
	struct lun_out *text = &walk->progs->text;
	size_t at = text->len;

	lun_out_str(text, walk->path[0] ? walk->path : "/");
	lun_out_char(text, 0);
	return at;
}

static void query(struct walk *walk, int fd, uint64_t id)
{
	uint32_t progs[PROGS_MAX], n, flags;
	size_t path = SIZE_MAX;

	for (int i = 0; i < TYPES; i++) {
		n = PROGS_MAX;
		flags = 0;
		if (walk->refused[i])
			continue;
		if (bpf_prog_query(fd, types[i], walk->flags, &flags, progs, &n)) {
			walk->refused[i] = errno == EINVAL || errno == ENOTSUP;
			walk->denied |= errno == EPERM;
			if (errno != ENOSPC)
				continue;
			n = PROGS_MAX;
		}
		if (n && path == SIZE_MAX)
			path = note_path(walk);
		add_rows(walk, id, types[i], progs, n, flags, path);
	}
}

static void visit(struct walk *walk, int parent, const char *name, int depth);

static void visit_children(struct walk *walk, DIR *dir, int depth)
{
	size_t len = strlen(walk->path), room = sizeof(walk->path) - len;
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(walk->path + len, room, "/%s", entry->d_name) < room)
			visit(walk, dirfd(dir), entry->d_name, depth + 1);
		walk->path[len] = 0;
	}
}

static void visit(struct walk *walk, int parent, const char *name, int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (!fstat(fd, &st))
		query(walk, fd, st.st_ino);
	if (depth < DEPTH_MAX)
		visit_children(walk, dir, depth);
	closedir(dir);
}

int lun_cgroup_progs(bool effective, struct lun_cgroup_progs *progs)
{
	struct walk walk = { .progs = progs };
	size_t prefix;
	int root;

	lun_out_init(&progs->rows);
	lun_out_init(&progs->text);
	root = open_root(&prefix);
	if (root < 0)
		return root;
	walk.flags = effective ? BPF_F_QUERY_EFFECTIVE : 0;
	visit(&walk, root, ".", 0);
	close(root);
	if (walk.denied && !progs->rows.len)
		return -EPERM;
	return progs->rows.err ? progs->rows.err : progs->text.err;
}

void lun_cgroup_progs_free(struct lun_cgroup_progs *progs)
{
	lun_out_free(&progs->rows);
	lun_out_free(&progs->text);
}

static int open_cgroup(int root, uint64_t id)
{
	struct {
		struct file_handle head;
		unsigned char id[sizeof(id)];
	} handle;
	int fd;

	handle.head.handle_bytes = sizeof(id);
	handle.head.handle_type = FILE_ID_KERNFS;
	memcpy(handle.head.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(root, &handle.head, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int path_of(int fd, size_t prefix, char *path, size_t size)
{
	char link[64], text[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = 0;
	if ((size_t)n < prefix)
		return -ENOENT;
	snprintf(path, size, "%s", text[prefix] ? text + prefix : "/");
	return 0;
}

int lun_cgroup_path(uint64_t id, char *path, size_t size)
{
	size_t prefix;
	int root = open_root(&prefix), fd, err;

	if (root < 0)
		return root;
	fd = open_cgroup(root, id);
	close(root);
	if (fd < 0)
		return fd;
	err = path_of(fd, prefix, path, size);
	close(fd);
	return err;
}
