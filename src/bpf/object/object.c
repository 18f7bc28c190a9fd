#include "bpf/object/object.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*next_fn)(uint32_t, uint32_t *);
typedef int (*open_fn)(uint32_t);

static const next_fn next_id[LUN_KINDS] = {
	[LUN_PROG] = bpf_prog_get_next_id,
	[LUN_MAP] = bpf_map_get_next_id,
	[LUN_LINK] = bpf_link_get_next_id,
	[LUN_BTF] = bpf_btf_get_next_id,
};

static const open_fn open_id[LUN_KINDS] = {
	[LUN_PROG] = bpf_prog_get_fd_by_id,
	[LUN_MAP] = bpf_map_get_fd_by_id,
	[LUN_LINK] = bpf_link_get_fd_by_id,
	[LUN_BTF] = bpf_btf_get_fd_by_id,
};

bool lun_name_own(const char *name)
{
	return !strncmp(name, LUN_OWN_PREFIX, strlen(LUN_OWN_PREFIX));
}

int lun_object_next(enum lun_kind kind, uint32_t *id)
{
	return next_id[kind](*id, id) ? -errno : 0;
}

/* A map that its owner made read-only for user space can still be opened for reading. */
static int open_map_readonly(uint32_t id)
{
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, opts, .open_flags = BPF_F_RDONLY);

	return bpf_map_get_fd_by_id_opts(id, &opts);
}

int lun_object_open(enum lun_kind kind, uint32_t id)
{
	int fd = open_id[kind](id);

	if (fd < 0 && kind == LUN_MAP && errno == EPERM)
		fd = open_map_readonly(id);
	return fd < 0 ? -errno : fd;
}

int lun_object_kind(int fd, enum lun_kind *kind)
{
	static const struct {
		const char *file;
		enum lun_kind kind;
	} files[] = {
		{ "anon_inode:bpf-prog", LUN_PROG },
		{ "anon_inode:bpf-map", LUN_MAP },
		{ "anon_inode:bpf_link", LUN_LINK }, /* descriptors of the creator */
		{ "anon_inode:bpf-link", LUN_LINK }, /* descriptors opened by id or pin */
		{ "anon_inode:btf", LUN_BTF },
	};
	char path[64], file[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, file, sizeof(file) - 1);
	if (len < 0)
		return -errno;
	file[len] = 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!strcmp(file, files[i].file))
			return *kind = files[i].kind, 0;
	return -EINVAL;
}

int lun_object_open_pin(const char *path, enum lun_kind *kind)
{
	LIBBPF_OPTS(bpf_obj_get_opts, readonly, .file_flags = BPF_F_RDONLY);
	int fd = bpf_obj_get(path), err;

	if (fd < 0 && (errno == EPERM || errno == EACCES))
		fd = bpf_obj_get_opts(path, &readonly);
	if (fd < 0)
		return -errno;
	err = lun_object_kind(fd, kind);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int lun_object_info(int fd, void *info, size_t size)
{
	uint32_t len = (uint32_t)size;

	return bpf_obj_get_info_by_fd(fd, info, &len) ? -errno : 0;
}

int lun_object_id(enum lun_kind kind, int fd, uint32_t *id)
{
	union {
		struct bpf_prog_info prog;
		struct bpf_map_info map;
		struct bpf_link_info link;
		struct bpf_btf_info btf;
	} info;
	int err;

	memset(&info, 0, sizeof(info));
	switch (kind) {
	case LUN_PROG:
		err = lun_object_info(fd, &info.prog, sizeof(info.prog));
		*id = info.prog.id;
		break;
	case LUN_MAP:
		err = lun_object_info(fd, &info.map, sizeof(info.map));
		*id = info.map.id;
		break;
	case LUN_LINK:
		err = lun_object_info(fd, &info.link, sizeof(info.link));
		*id = info.link.id;
		break;
	default:
		err = lun_object_info(fd, &info.btf, sizeof(info.btf));
		*id = info.btf.id;
	}
	return err;
}

static int grow(uint32_t **ids, size_t *room)
{
	size_t more = *room ? *room * 2 : 256;
	uint32_t *p = realloc(*ids, more * sizeof(*p));

	if (!p)
		return -ENOMEM;
	*ids = p;
	*room = more;
	return 0;
}

int lun_object_ids(enum lun_kind kind, uint32_t **ids, size_t *n)
{
	size_t room = 0;
	uint32_t id = 0;
	int err;

	*ids = NULL;
	*n = 0;
	while (!(err = lun_object_next(kind, &id))) {
		if (*n == room && (err = grow(ids, &room)))
			break;
		(*ids)[(*n)++] = id;
	}
	if (err == -ENOENT)
		return 0;
	free(*ids);
	*ids = NULL;
	return err;
}

int lun_object_fdinfo(int fd, struct lun_fdinfo *info)
{
	char path[64], text[1024], *at;
	ssize_t len;
	int file;

	memset(info, 0, sizeof(*info));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return errno == ENOENT ? -EIO : -errno; /* without /proc it may still exist */
	len = read(file, text, sizeof(text) - 1);
	close(file);
	if (len < 0)
		return -EIO;
	text[len] = 0;
	at = strstr(text, "memlock:");
	info->memlock = at ? strtoull(at + 8, NULL, 10) : 0;
	at = strstr(text, "frozen:");
	info->frozen = at && strtoul(at + 7, NULL, 10);
	at = strstr(text, "orphaned:");
	info->orphaned = at && strtoul(at + 9, NULL, 10);
	return 0;
}
