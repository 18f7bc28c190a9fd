#include "bpf/object/map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bpf/object/prog_array_close.h"
#include "bpf/object/map_list.h"
#include "bpf/object/map_name.h"
#include "bpf/object/map_types.h"

bool lun_map_type_per_cpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
		type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

/* Types whose values are objects: system calls show their ids. */
static bool holds_objects(uint32_t type)
{
	return type == BPF_MAP_TYPE_PROG_ARRAY || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ||
		type == BPF_MAP_TYPE_CGROUP_ARRAY || type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
		type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static int set_sizes(struct lun_map *map)
{
	int cpus;

	map->cpus = 1;
	map->stride = holds_objects(map->info.type) ? sizeof(uint32_t) : map->info.value_size;
	if (lun_map_type_per_cpu(map->info.type)) {
		cpus = libbpf_num_possible_cpus();
		if (cpus < 0)
			return cpus;
		map->cpus = (uint32_t)cpus;
		map->stride = (map->info.value_size + 7) / 8 * 8;
	}
	if ((uint64_t)map->cpus * map->stride > UINT32_MAX)
		return -E2BIG;
	map->value_bytes = map->cpus * map->stride;
	return 0;
}

int lun_map_open_fd(struct lun_map *map, int fd)
{
	uint32_t len = sizeof(map->info);
	int err;

	memset(map, 0, sizeof(*map));
	map->fd = fd;
	if (fd < 0) {
		map->fd = -1;
		return fd;
	}
	err = bpf_obj_get_info_by_fd(fd, &map->info, &len) ? -errno : set_sizes(map);
	if (err)
		lun_map_close(map);
	return err;
}

int lun_map_open_id(struct lun_map *map, uint32_t id)
{
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, readonly, .open_flags = BPF_F_RDONLY);
	int fd = bpf_map_get_fd_by_id(id);

	if (fd < 0 && errno == EPERM)
		fd = bpf_map_get_fd_by_id_opts(id, &readonly);
	return lun_map_open_fd(map, fd < 0 ? -errno : fd);
}

int lun_map_open_pin(struct lun_map *map, const char *path)
{
	LIBBPF_OPTS(bpf_obj_get_opts, readonly, .file_flags = BPF_F_RDONLY);
	int fd = bpf_obj_get(path), err;

	if (fd < 0 && (errno == EPERM || errno == EACCES))
		fd = bpf_obj_get_opts(path, &readonly);
	err = lun_map_open_fd(map, fd < 0 ? -errno : fd);
	if (err || map->info.id)
		return err;
	lun_map_close(map); /* a pinned program or link has something else at the map id's place */
	return -EINVAL;
}

int lun_map_dup(struct lun_map *copy, const struct lun_map *map)
{
	*copy = *map;
	copy->fd = map->fd < 0 ? -1 : fcntl(map->fd, F_DUPFD_CLOEXEC, 3);
	if (copy->fd >= 0)
		return 0;
	return map->fd < 0 ? -EBADF : -errno;
}

void lun_map_close(struct lun_map *map)
{
	if (map->fd >= 0)
		lun_prog_array_close(map->fd, map->info.type);
	map->fd = -1;
}

/* 2: the map has the name. 1: it may have it: the kernel cut its name, and no full name is known.
 * 0: it has not. */
static int has_name(const struct lun_map_facts *map, const char *name)
{
	const char *have = map->info.name;

	if (!strcmp(have, name) || !strcmp(map->full_name, name))
		return 2;
	return !map->full_name[0] && !strncmp(have, name, LUN_MAP_NAME_CUT);
}

static int pick_named(
	const struct lun_out *list, const char *name, int sure, uint32_t *ids, int max)
{
	const struct lun_map_facts *map = (const void *)list->data;
	int n = 0;

	for (size_t left = list->len / sizeof(*map); left; left--, map++)
		if (has_name(map, name) == sure && n++ < max)
			ids[n - 1] = map->info.id;
	return n;
}

int lun_map_find(const char *name, uint32_t *ids, int max, bool *sure)
{
	struct lun_out list;
	int n;

	lun_out_init(&list);
	n = lun_map_list(&list);
	if (!n)
		n = pick_named(&list, name, 2, ids, max);
	*sure = n != 0;
	if (!n)
		n = pick_named(&list, name, 1, ids, max);
	lun_out_free(&list);
	return n;
}

int lun_map_lookup(const struct lun_map *map, const void *key, void *value)
{
	return bpf_map_lookup_elem(map->fd, key, value) ? -errno : 0;
}

int lun_map_update(const struct lun_map *map, const void *key, const void *value, uint64_t flags)
{
	return bpf_map_update_elem(map->fd, key, value, flags) ? -errno : 0;
}

int lun_map_delete(const struct lun_map *map, const void *key)
{
	return bpf_map_delete_elem(map->fd, key) ? -errno : 0;
}

int lun_map_contains(const struct lun_map *map, const void *value)
{
	/* The kernel copies this type's value like other types' values. */
	if (!bpf_map_lookup_elem(map->fd, NULL, (void *)value))
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

int lun_map_pop(const struct lun_map *map, const void *key, void *value)
{
	return bpf_map_lookup_and_delete_elem(map->fd, key, value) ? -errno : 0;
}

int lun_map_freeze(const struct lun_map *map)
{
	return bpf_map_freeze(map->fd) ? -errno : 0;
}

enum lun_map_access lun_map_access(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return LUN_ACCESS_PEEK;
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case LUN_MAP_TYPE_CGRP_STORAGE:
		return LUN_ACCESS_STORE;
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return LUN_ACCESS_RING;
	case BPF_MAP_TYPE_BLOOM_FILTER:
	case LUN_MAP_TYPE_ARENA:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_XSKMAP:
		return LUN_ACCESS_NONE;
	default:
		return LUN_ACCESS_KEYS;
	}
}

/* Sockets are shown as cookies, which need 8 bytes. */
static bool hides_sockets(uint32_t type, uint32_t value_size)
{
	return value_size < sizeof(uint64_t) &&
		(type == BPF_MAP_TYPE_SOCKMAP || type == BPF_MAP_TYPE_SOCKHASH ||
			type == BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
}

const char *lun_map_type_unreadable(uint32_t type, uint32_t value_size)
{
	if (hides_sockets(type, value_size))
		return "The kernel shows the sockets of such a map only where its values have 8 "
		       "bytes; these have 4.";
	switch (type) {
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return "A bloom filter keeps no elements: it can only be asked about one value.";
	case LUN_MAP_TYPE_ARENA:
		return "An arena is memory without entries; its pages belong to its programs.";
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return "The kernel does not show the perf events in a perf event array; its reader "
		       "alone holds them.";
	case BPF_MAP_TYPE_CGROUP_ARRAY:
		return "The kernel does not show which cgroups a cgroup array holds.";
	case BPF_MAP_TYPE_XSKMAP:
		return "The kernel does not show the AF_XDP sockets in an xskmap.";
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_RINGBUF:
		return "A ring buffer has no entries; its unconsumed records can be looked at.";
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return "Only the next element of a queue or stack can be looked at: peek().";
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case LUN_MAP_TYPE_CGRP_STORAGE:
		return "Local storage is read through its owners: storage().";
	default:
		return NULL;
	}
}

const char *lun_map_unreadable(const struct lun_map *map)
{
	return lun_map_type_unreadable(map->info.type, map->info.value_size);
}
