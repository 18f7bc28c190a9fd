#include "bpf/host/cgroup_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "bpf/host/mounts.h"

enum { FILE_ID_KERNFS = 0xfe };

struct root {
	char *path;
	size_t size;
	bool found;
};

static int note_root(void *ctx, const struct lun_mount *mount)
{
	struct root *root = ctx;
	bool whole = !strcmp(mount->root, "/");

	if (strlen(mount->path) >= root->size || (root->found && !whole))
		return 0;
	strcpy(root->path, mount->path);
	root->found = true;
	return whole;
}

bool lun_cgroup_root(char *path, size_t size)
{
	struct root root = { path, size, false };

	lun_mounts_everywhere("cgroup2", note_root, &root);
	return root.found;
}

/*
 * Mounts the hierarchy for this process only; the mount ends with the descriptor. Mount options
 * belong to the whole hierarchy, so this is used only when nothing else has it mounted.
 */
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

int lun_cgroup_open_root(void)
{
	char path[4096];
	int fd;

	if (!lun_cgroup_root(path, sizeof(path)))
		return mount_alone();
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
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

/* The path of a descriptor's file in the mount namespace in which it was opened. */
static ssize_t place_of(int fd, char *text, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, text, size - 1);
	if (n < 0)
		return -errno;
	text[n] = 0;
	return n;
}

static int path_of(int root, int fd, char *path, size_t size)
{
	char base[4096], text[4096];
	ssize_t prefix = place_of(root, base, sizeof(base));
	ssize_t n = place_of(fd, text, sizeof(text));

	if (prefix < 0 || n < 0)
		return (int)(prefix < 0 ? prefix : n);
	if (!strcmp(base, "/"))
		prefix = 0;
	if (n < prefix)
		return -ENOENT;
	snprintf(path, size, "%s", text[prefix] ? text + prefix : "/");
	return 0;
}

int lun_cgroup_path(uint64_t id, char *path, size_t size)
{
	int root = lun_cgroup_open_root(), fd, err;

	if (root < 0)
		return root;
	fd = open_cgroup(root, id);
	err = fd < 0 ? fd : path_of(root, fd, path, size);
	if (fd >= 0)
		close(fd);
	close(root);
	return err;
}
