#include "bpf/mounts.h"

#include <mntent.h>
#include <stdio.h>
#include <string.h>

bool lun_cgroup_root(char *path, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent entry;
	char line[4096];
	bool found = false;

	while (f && !found && getmntent_r(f, &entry, line, sizeof(line))) {
		found = !strcmp(entry.mnt_type, "cgroup2") && strlen(entry.mnt_dir) < size;
		if (found)
			snprintf(path, size, "%s", entry.mnt_dir);
	}
	if (f)
		endmntent(f);
	return found;
}
