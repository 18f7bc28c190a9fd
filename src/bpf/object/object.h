#pragma once
/*
 * Functions for programs, maps, links and BTF objects alike: ids, descriptors opened by id, and
 * facts that only /proc/self/fdinfo shows. All functions return 0 (or a descriptor, close-on-exec)
 * or -errno. An object that is gone by the time it is opened gives -ENOENT; code that walks ids
 * skips it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/object/type_names.h"

/* Lunette's own programs and maps have names with this prefix. */
#define LUN_OWN_PREFIX "lun_"
bool lun_name_own(const char *name);

/* *id = the next id after *id (0 to begin); -ENOENT at the end. */
int lun_object_next(enum lun_kind kind, uint32_t *id);
int lun_object_open(enum lun_kind kind, uint32_t id);
/* Opens the object pinned at a path and sets *kind. */
int lun_object_open_pin(const char *path, enum lun_kind *kind);
/* Sets *kind to the kind of BPF object behind a descriptor of this process. 0 or -EINVAL. */
int lun_object_kind(int fd, enum lun_kind *kind);
int lun_object_id(enum lun_kind kind, int fd, uint32_t *id);
/* The id of every object, in *ids (the caller frees it). */
int lun_object_ids(enum lun_kind kind, uint32_t **ids, size_t *n);
/* Fills a kernel info structure of `size` bytes, zeroed where the kernel has less to say. */
int lun_object_info(int fd, void *info, size_t size);

struct lun_fdinfo {
	uint64_t memlock; /* bytes of kernel memory */
	bool frozen;      /* a map that user space can no longer write */
	bool orphaned;    /* a program whose device is gone */
};

int lun_object_fdinfo(int fd, struct lun_fdinfo *info);
