#include "bpf/host/executables.h"

#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	dev_t dev;
	ino_t ino;
};

static int compare(const void *a, const void *b)
{
	const struct file *one = a, *two = b;

	if (one->dev != two->dev)
		return one->dev < two->dev ? -1 : 1;
	return (one->ino > two->ino) - (one->ino < two->ino);
}

/* Whether the file was not seen before. */
static bool is_new(void **seen, const struct stat *st)
{
	struct file *file = malloc(sizeof(*file)), **found;

	if (!file)
		return true;
	*file = (struct file){ st->st_dev, st->st_ino };
	found = tsearch(file, seen, compare);
	if (found && *found == file)
		return true;
	free(file);
	return !found;
}

int lun_executables(lun_executable_fn fn, void *user)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	void *seen = NULL;
	bool more = true;

	if (!dir)
		return -errno;
	while (more && (entry = readdir(dir))) {
		char exe[300], path[4096];
		struct stat st;
		ssize_t len;

		snprintf(exe, sizeof(exe), "/proc/%s/exe", entry->d_name);
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || stat(exe, &st))
			continue;
		len = readlink(exe, path, sizeof(path) - 1);
		if (len <= 0 || !is_new(&seen, &st))
			continue;
		path[len] = '\0';
		more = fn(user,
			&(struct lun_executable){
				(uint32_t)strtoul(entry->d_name, NULL, 10), path });
	}
	tdestroy(seen, free);
	closedir(dir);
	return 0;
}
