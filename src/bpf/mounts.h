#pragma once
/* Where the unified (v2) cgroup hierarchy is mounted; false when it is not. */
#include <stdbool.h>
#include <stddef.h>

bool lun_cgroup_root(char *path, size_t size);
