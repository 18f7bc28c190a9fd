#include "http/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "vm/script_files.h"

enum {
	EVENTS = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB |
		IN_DELETE_SELF | IN_MOVE_SELF,
	MAX_DEPTH = 8, /* of symbolic links that point to symbolic links */
};

static bool watch_folder(int fd, const char *path, size_t len)
{
	char folder[PATH_MAX];

	if (len >= sizeof(folder))
		return false;
	memcpy(folder, path, len);
	folder[len] = '\0';
	return inotify_add_watch(fd, len ? folder : ".", EVENTS | IN_ONLYDIR) >= 0;
}

/* The length of the path's folder; 0: the working directory. */
static size_t folder_len(const char *path, size_t len)
{
	while (len && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

/* Replaces the symbolic link path[0..len) by its target, keeping the rest of the path; false when
 * it is no link. */
static bool follow(const char *path, size_t len, char *out)
{
	size_t folder = folder_len(path, len);
	char link[PATH_MAX], target[PATH_MAX];
	ssize_t n;
	int written;

	memcpy(link, path, len);
	link[len] = '\0';
	n = readlink(link, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	written = snprintf(out, PATH_MAX, "%.*s%s%s%s", *target == '/' ? 0 : (int)folder, path,
		*target != '/' && folder ? "/" : "", target, path + len);
	return written < PATH_MAX;
}

/* Watches the folders of all symbolic links in the path. */
static void watch_links(int fd, const char *path, int depth)
{
	char target[PATH_MAX];

	for (size_t len = 0; path[len];) {
		len += strspn(path + len, "/");
		len += strcspn(path + len, "/");
		if (!follow(path, len, target))
			continue;
		watch_folder(fd, path, folder_len(path, len));
		if (depth < MAX_DEPTH)
			watch_links(fd, target, depth + 1);
	}
}

/* Watches the path's folder, or the nearest parent folder that exists. */
static void watch_nearest(int fd, const char *path)
{
	size_t len = strlen(path);

	watch_folder(fd, path, len);
	do {
		len = folder_len(path, len);
	} while (!watch_folder(fd, path, len) && len > 1);
}

static void watch_path(const char *path, void *ctx)
{
	int fd = *(const int *)ctx;

	if (strlen(path) >= PATH_MAX)
		return;
	watch_links(fd, path, 0);
	watch_nearest(fd, path);
}

int lun_watch_open(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

void lun_watch_update(int fd)
{
	lun_script_each(watch_path, &fd);
}

void lun_watch_read(int fd)
{
	char buffer[4096];

	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
}
