#pragma once
/*
 * The version 2 hierarchy of control groups: its root, by any mount of it in any mount namespace,
 * and the path of a cgroup by its id. Where it is mounted nowhere, a private mount is made, which
 * no other process sees.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The path of the root; the mount of the whole hierarchy is preferred to one of a part. */
bool lun_cgroup_root(char *path, size_t size);
/* A descriptor of the root, or -errno. */
int lun_cgroup_open_root(void);
/* The path of a cgroup below the root, "/" for the root itself; 0 or -errno. */
int lun_cgroup_path(uint64_t id, char *path, size_t size);
