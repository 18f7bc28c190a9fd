#include "http/watch.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int lun_watch_open(const char *const *folders)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -errno;
	for (; *folders; folders++)
		inotify_add_watch(
			fd, *folders, IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE);
	return fd;
}

static bool is_script(const struct inotify_event *event)
{
	size_t len = event->len ? strlen(event->name) : 0;

	return len > 4 && event->name[0] != '.' && strcmp(event->name + len - 4, ".lua") == 0;
}

bool lun_watch_read(int fd)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t len;

	while ((len = read(fd, buffer, sizeof(buffer))) > 0) {
		for (char *at = buffer; at < buffer + len;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			changed |= is_script(event);
			at += sizeof(*event) + event->len;
		}
	}
	return changed;
}
