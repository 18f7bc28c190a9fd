#include "bpf/pins.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "bpf/host.h"

enum { DEPTH_MAX = 32, MOUNTS_MAX = 64 };

struct walk {
	int (*found)(void *ctx, const struct lun_pin *pin);
	void *ctx;
	char path[4096];
	struct {
		dev_t dev;
		ino_t ino;
	} seen[MOUNTS_MAX]; /* roots that were walked already */
	int mounts;
};

static int visit_pin(struct walk *walk)
{
	struct lun_pin pin = { .path = walk->path };
	int fd = lun_object_open_pin(walk->path, &pin.kind);
	int err;

	if (fd < 0)
		return 0;
	err = lun_object_id(pin.kind, fd, &pin.id);
	close(fd);
	return err ? 0 : walk->found(walk->ctx, &pin);
}

static int visit_dir(struct walk *walk, int depth);

static int visit_entry(struct walk *walk, const struct dirent *entry, int depth)
{
	if (entry->d_type == DT_DIR)
		return depth < DEPTH_MAX ? visit_dir(walk, depth + 1) : 0;
	return entry->d_type == DT_LNK ? 0 : visit_pin(walk);
}

/* Walks walk->path, which it lengthens and restores. */
static int visit_dir(struct walk *walk, int depth)
{
	size_t len = strlen(walk->path), room = sizeof(walk->path) - len;
	DIR *dir = opendir(walk->path);
	struct dirent *entry;
	int stop = 0;

	if (!dir)
		return 0;
	while (!stop && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if ((size_t)snprintf(walk->path + len, room, "/%s", entry->d_name) < room)
			stop = visit_entry(walk, entry, depth);
		walk->path[len] = 0;
	}
	closedir(dir);
	return stop;
}

/* Whether this root was walked before; notes it otherwise. */
static bool seen_root(struct walk *walk, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return true;
	for (int i = 0; i < walk->mounts; i++)
		if (walk->seen[i].dev == st.st_dev && walk->seen[i].ino == st.st_ino)
			return true;
	if (walk->mounts == MOUNTS_MAX)
		return true;
	walk->seen[walk->mounts].dev = st.st_dev;
	walk->seen[walk->mounts++].ino = st.st_ino;
	return false;
}

static int visit_mount(void *ctx, const char *path)
{
	struct walk *walk = ctx;

	if (strlen(path) >= sizeof(walk->path) || seen_root(walk, path))
		return 0;
	strcpy(walk->path, path);
	return visit_dir(walk, 0);
}

int lun_pins(int (*found)(void *ctx, const struct lun_pin *pin), void *ctx)
{
	struct walk walk = { .found = found, .ctx = ctx };

	return lun_host_mounts("bpf", visit_mount, &walk);
}

int lun_pin(int fd, const char *path)
{
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

int lun_unpin(const char *path)
{
	struct statfs fs;
	struct stat st;

	if (lstat(path, &st) || statfs(path, &fs))
		return -errno;
	if (fs.f_type != BPF_FS_MAGIC || S_ISDIR(st.st_mode))
		return -EINVAL;
	return unlink(path) ? -errno : 0;
}
