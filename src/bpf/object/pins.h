#pragma once
/* Pinned objects: a walk of every BPF file system that is mounted in any mount namespace. */
#include "bpf/object/object.h"

struct lun_pin {
	const char *path;
	enum lun_kind kind;
	uint32_t id;
	double time; /* when it was pinned, in seconds since 1970 */
};

/*
 * Calls `found` for each pin until it returns non-zero, and returns that; 0 at the end, or -errno.
 * Files that vanish or can't be opened are left out. A file visible through two mounts is reported
 * once.
 */
int lun_pins(int (*found)(void *ctx, const struct lun_pin *pin), void *ctx);

/* Kind and id of the object pinned at a path, in any spelling. 0; -ENOENT; -EINVAL: not a pin. */
int lun_pin_find(const char *path, enum lun_kind *kind, uint32_t *id);

/* Pins at a path whose directory must be there. */
int lun_pin(int fd, const char *path);
/* Removes a pin; -EINVAL when the path is in no BPF file system, -ELOOP for a symbolic link. */
int lun_unpin(const char *path);
