#include "bpf/read/map_storage.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/object/iter_read.h"
#include "bpf/object/map_types.h"
#include "bpf/host/cgroup_tree.h"
#include "probes/storage.skel.h"

const char *lun_storage_program(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_TASK_STORAGE:
		return "iter/task";
	case BPF_MAP_TYPE_SK_STORAGE:
		return "iter/bpf_sk_storage_map";
	default:
		return NULL;
	}
}

/* Loads one of the two programs with the user's map in place of its own. */
static int load(struct lun_storage **skel, const struct lun_map *map, bool tasks)
{
	struct lun_storage *s = lun_storage__open();
	int err = s ? 0 : -errno;

	if (err)
		return err;
	s->rodata->value_size = map->info.value_size;
	bpf_program__set_autoload(s->progs.lun_store_task, tasks);
	bpf_program__set_autoload(s->progs.lun_store_sk, !tasks);
	if (tasks)
		err = bpf_map__reuse_fd(s->maps.lun_store, map->fd);
	else
		err = bpf_map__set_autocreate(s->maps.lun_store, false);
	if (!err)
		err = lun_storage__load(s);
	if (err) {
		lun_storage__destroy(s);
		return err;
	}
	*skel = s;
	return 0;
}

static struct bpf_link *attach(struct lun_storage *s, const struct lun_map *map, bool tasks)
{
	union bpf_iter_link_info info = { .map.map_fd = (uint32_t)map->fd };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));

	if (tasks)
		return bpf_program__attach_iter(s->progs.lun_store_task, NULL);
	return bpf_program__attach_iter(s->progs.lun_store_sk, &opts);
}

static void tell(const struct lun_map *map, const struct lun_out *out, lun_storage_fn fn, void *ctx)
{
	size_t each = sizeof(struct lun_storage_head) + map->info.value_size;
	struct lun_storage_head head;

	for (size_t at = 0; at + each <= out->len; at += each) {
		memcpy(&head, out->data + at, sizeof(head));
		if (!fn(ctx, &head, NULL, (const uint8_t *)out->data + at + sizeof(head)))
			return;
	}
}

static int by_iterator(const struct lun_map *map, lun_storage_fn fn, void *ctx)
{
	bool tasks = map->info.type == BPF_MAP_TYPE_TASK_STORAGE;
	struct lun_storage *skel;
	struct bpf_link *link;
	struct lun_out out;
	int err = load(&skel, map, tasks);

	if (err)
		return err;
	lun_out_init(&out);
	link = attach(skel, map, tasks);
	err = link ? lun_iter_run(link, &out) : -errno;
	if (!err)
		tell(map, &out, fn, ctx);
	bpf_link__destroy(link);
	lun_storage__destroy(skel);
	lun_out_free(&out);
	return err;
}

struct by_file {
	const struct lun_map *map;
	lun_storage_fn fn;
	void *ctx;
	uint8_t *value;
	void *told; /* a tree of the inodes already passed to fn */
	bool stopped;
};

struct inode {
	dev_t dev;
	ino_t ino;
};

static int compare_inodes(const void *a, const void *b)
{
	const struct inode *one = a, *two = b;

	if (one->dev != two->dev)
		return one->dev < two->dev ? -1 : 1;
	return one->ino < two->ino ? -1 : one->ino > two->ino;
}

/* True when fd's inode was already passed to fn: several descriptors may be of the same file. */
static bool told_before(struct by_file *b, int fd)
{
	struct inode *inode = malloc(sizeof(*inode)), **found;
	struct stat st;

	if (!inode || fstat(fd, &st)) {
		free(inode);
		return false;
	}
	inode->dev = st.st_dev;
	inode->ino = st.st_ino;
	found = tsearch(inode, &b->told, compare_inodes);
	if (found && *found == inode)
		return false;
	free(inode);
	return found != NULL;
}

/* Looks up the owner by its path: for user space such keys are descriptors. */
static void try_path(struct by_file *b, const char *path, int flags, const char *shown)
{
	struct lun_storage_head head = { 0 };
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return;
	if (!lun_map_lookup(b->map, &fd, b->value) && !told_before(b, fd))
		b->stopped = !b->fn(b->ctx, &head, shown, b->value);
	close(fd);
}

static int walk_cgroups(struct by_file *b, const char *root, size_t root_len)
{
	struct dirent *entry;
	char path[4096];
	DIR *dir = opendir(root);

	if (!dir)
		return 0;
	try_path(b, root, O_RDONLY | O_DIRECTORY, root[root_len] ? root + root_len : "/");
	while (!b->stopped && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", root, entry->d_name) < (int)sizeof(path))
			walk_cgroups(b, path, root_len);
	}
	closedir(dir);
	return 0;
}

/* Walks the open files of a process. */
static void walk_files(struct by_file *b, const char *pid)
{
	char dir_path[300], path[600], target[4096];
	struct dirent *entry;
	DIR *dir;
	ssize_t len;

	snprintf(dir_path, sizeof(dir_path), "/proc/%s/fd", pid);
	dir = opendir(dir_path);
	while (dir && !b->stopped && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", dir_path, entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len <= 0 || target[0] != '/')
			continue;
		target[len] = '\0';
		try_path(b, path, O_PATH, target);
	}
	if (dir)
		closedir(dir);
}

static int walk_processes(struct by_file *b)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		return -errno;
	while (!b->stopped && (entry = readdir(dir))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			walk_files(b, entry->d_name);
	}
	closedir(dir);
	return 0;
}

int lun_map_storage(const struct lun_map *map, lun_storage_fn fn, void *ctx)
{
	struct by_file b = { .map = map, .fn = fn, .ctx = ctx };
	char root[256];
	int err;

	if (lun_storage_program(map->info.type))
		return by_iterator(map, fn, ctx);
	b.value = malloc(map->value_bytes + 1);
	if (!b.value)
		return -ENOMEM;
	if (map->info.type == LUN_MAP_TYPE_CGRP_STORAGE)
		err = lun_cgroup_root(root, sizeof(root)) ? walk_cgroups(&b, root, strlen(root))
							  : -ENOENT;
	else
		err = walk_processes(&b);
	tdestroy(b.told, free);
	free(b.value);
	return err;
}
