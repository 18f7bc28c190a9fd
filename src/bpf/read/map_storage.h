#pragma once
/*
 * Local storage: values that belong to tasks, sockets, cgroups and inodes. Tasks and sockets
 * are walked by iterator programs, cgroups by their directories, inodes by the files that
 * processes have open.
 */
#include "bpf/object/map.h"
#include "probes/storage.h"
#include "text/out.h"

/* One owner and its value; `path` is NULL where it has none. Return false to stop. */
typedef bool (*lun_storage_fn)(
	void *ctx, const struct lun_storage_head *head, const char *path, const uint8_t *value);

/* The iterator program that reads storage of this map type: "iter/task"; NULL where none does. */
const char *lun_storage_program(uint32_t type);
/* Tells fn every owner that has a value. 0 or -errno; -EPERM where the kernel refuses the
 * iterator program. */
int lun_map_storage(const struct lun_map *map, lun_storage_fn fn, void *ctx);
