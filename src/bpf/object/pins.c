#include "bpf/object/pins.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "bpf/host/mounts.h"
#include "text/out.h"

enum { DEPTH_MAX = 32 };

struct place {
	dev_t dev;
	ino_t ino;
};

struct walk {
	int (*found)(void *ctx, const struct lun_pin *pin);
	void *ctx;
	char path[4096];
	struct lun_out seen; /* struct place: directories already walked */
};

static int visit_pin(struct walk *walk)
{
	struct lun_pin pin = { .path = walk->path };
	int fd = lun_object_open_pin(walk->path, &pin.kind), err;
	struct stat st;

	if (fd < 0)
		return 0;
	if (!stat(walk->path, &st))
		pin.time = (double)st.st_mtim.tv_sec + (double)st.st_mtim.tv_nsec / 1e9;
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

/* True when the directory was already walked through another mount; else adds it. */
static bool seen_before(struct walk *walk, DIR *dir)
{
	const struct place *places = (void *)walk->seen.data;
	struct place here = { 0 };
	struct stat st;

	if (fstat(dirfd(dir), &st))
		return true;
	here.dev = st.st_dev;
	here.ino = st.st_ino;
	for (size_t i = 0; i < walk->seen.len / sizeof(here); i++)
		if (places[i].dev == here.dev && places[i].ino == here.ino)
			return true;
	lun_out_mem(&walk->seen, &here, sizeof(here));
	return false;
}

/* Walks the directory walk->path; extends the path and restores it. */
static int visit_entries(struct walk *walk, DIR *dir, int depth)
{
	size_t len = strlen(walk->path), room = sizeof(walk->path) - len;
	struct dirent *entry;
	int stop = 0;

	while (!stop && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if ((size_t)snprintf(walk->path + len, room, "/%s", entry->d_name) < room)
			stop = visit_entry(walk, entry, depth);
		walk->path[len] = 0;
	}
	return stop;
}

static int visit_dir(struct walk *walk, int depth)
{
	DIR *dir = opendir(walk->path);
	int stop = 0;

	if (!dir)
		return 0;
	if (!seen_before(walk, dir))
		stop = visit_entries(walk, dir, depth);
	closedir(dir);
	return stop ? stop : walk->seen.err;
}

static int visit_mount(void *ctx, const struct lun_mount *mount)
{
	struct walk *walk = ctx;
	struct statfs fs;

	/* Something else may be mounted over it by now. */
	if (strlen(mount->path) >= sizeof(walk->path) || statfs(mount->path, &fs) ||
		fs.f_type != BPF_FS_MAGIC)
		return 0;
	strcpy(walk->path, mount->path);
	return visit_dir(walk, 0);
}

int lun_pins(int (*found)(void *ctx, const struct lun_pin *pin), void *ctx)
{
	struct walk walk = { .found = found, .ctx = ctx };
	int stop;

	lun_out_init(&walk.seen);
	stop = lun_mounts_everywhere("bpf", visit_mount, &walk);
	lun_out_free(&walk.seen);
	return stop;
}

/* Errors of BPF_OBJ_GET depend on the file system in which the path lies. */
int lun_pin_find(const char *path, enum lun_kind *kind, uint32_t *id)
{
	struct statfs fs;
	int fd, err;

	if (statfs(path, &fs))
		return errno == ENOTDIR ? -ENOENT : -errno;
	if (fs.f_type != BPF_FS_MAGIC)
		return -EINVAL;
	fd = lun_object_open_pin(path, kind);
	if (fd < 0)
		return fd;
	err = lun_object_id(*kind, fd, id);
	close(fd);
	return err;
}

/* True when the path's directory exists, but in another file system than bpffs. */
static bool lies_elsewhere(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];
	struct statfs fs;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	return !statfs(dir, &fs) && fs.f_type != BPF_FS_MAGIC;
}

int lun_pin(int fd, const char *path)
{
	int err = bpf_obj_pin(fd, path) ? -errno : 0;

	/* The kernel's error depends on the file system. */
	return err && lies_elsewhere(path) ? -EINVAL : err;
}

int lun_unpin(const char *path)
{
	struct statfs fs;
	struct stat st;

	if (lstat(path, &st) || statfs(path, &fs))
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (fs.f_type != BPF_FS_MAGIC || S_ISDIR(st.st_mode))
		return -EINVAL;
	return unlink(path) ? -errno : 0;
}
