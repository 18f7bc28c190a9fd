#pragma once
/*
 * Where file systems are mounted: in our mount namespace, or in every one that a process lives
 * in. A path in another namespace goes through the root of a process there.
 */
#include <stdbool.h>
#include <stddef.h>

struct lun_mount {
	const char *type; /* "bpf" */
	const char *root; /* the part of the file system that is mounted: "/", "net:[4026531840]" */
	const char *path; /* where, as we can open it: "/sys/fs/bpf", "/proc/7/root/sys/fs/bpf" */
};

/* Returns non-zero to stop. */
typedef int (*lun_mount_fn)(void *ctx, const struct lun_mount *mount);

/* The mounts of a type in our namespace, in order; what stopped it, 0, or -errno. */
int lun_mounts(const char *type, lun_mount_fn found, void *ctx);
/* The same in all mount namespaces, ours first. Namespaces without permission are left out. */
int lun_mounts_everywhere(const char *type, lun_mount_fn found, void *ctx);
