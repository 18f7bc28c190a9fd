#include "text/file_out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct lun_file_out {
	char *path;     /* of the file itself, behind all symbolic links; NULL: written in place */
	int fd;         /* the new content: an unnamed file, a file in memory, or the file itself */
	bool in_memory; /* the folder's file system has no unnamed files (O_TMPFILE) */
	bool exists;    /* the file exists, with this owner and mode */
	struct stat old;
};

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The folder of a path; the caller frees it. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int open_content(struct lun_file_out *out)
{
	char *folder = folder_of(out->path);

	if (!folder)
		return -ENOMEM;
	out->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	if (out->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		out->fd = memfd_create("lunette", MFD_CLOEXEC);
		out->in_memory = true;
	}
	free(folder);
	return out->fd < 0 ? -errno : 0;
}

/* A new file gets the old one's owner and mode. */
static int take_over(int fd, const struct lun_file_out *out)
{
	if (!out->exists)
		return 0;
	if (fchown(fd, out->old.st_uid, out->old.st_gid) < 0 ||
		fchmod(fd, out->old.st_mode & 07777) < 0)
		return -errno;
	return 0;
}

static int open_place(struct lun_file_out *out, const char *path)
{
	out->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);
	return out->fd < 0 ? -errno : 0;
}

static int open_for(struct lun_file_out *out, const char *path, bool regular_only)
{
	struct stat st;
	bool link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
	int err;

	out->exists = stat(path, &out->old) == 0;
	if (!out->exists && errno != ENOENT)
		return -errno;
	if (regular_only && out->exists && !S_ISREG(out->old.st_mode))
		return -ENOTSUP;
	if (out->exists ? !S_ISREG(out->old.st_mode) : link)
		return open_place(out, path);
	if (out->exists && access(path, W_OK) < 0)
		return -errno;
	out->path = out->exists ? realpath(path, NULL) : strdup(path);
	err = out->path ? open_content(out) : -errno;
	if (err || out->in_memory || !take_over(out->fd, out))
		return err;
	/* A copy can't have the owner: the old file is written in place. */
	close(out->fd);
	free(out->path);
	out->path = NULL;
	return open_place(out, path);
}

int lun_file_out_open(struct lun_file_out **slot, const char *path, bool regular_only)
{
	struct lun_file_out *out = calloc(1, sizeof(*out));
	int err;

	if (!out)
		return -ENOMEM;
	out->fd = -1;
	err = open_for(out, path, regular_only);
	if (err)
		lun_file_out_close(out);
	else
		*slot = out;
	return err;
}

int lun_file_out_write(struct lun_file_out *out, const void *data, size_t len)
{
	return write_all(out->fd, data, len);
}

static int copy_content(int from, int to)
{
	off_t at = 0;
	ssize_t n;

	do {
		n = sendfile(to, from, &at, 1 << 30);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : 0;
}

/* Gives the content a temporary name: links the unnamed file, or makes a new file. */
static int give_name(struct lun_file_out *out, const char *name)
{
	char self[64];
	int fd, err;

	if (!out->in_memory) {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", out->fd);
		return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
	}
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	err = copy_content(out->fd, fd);
	err = err ? err : take_over(fd, out);
	if (close(fd) < 0 && !err)
		err = -errno;
	if (err)
		unlink(name);
	return err;
}

/* Renaming over a file needs a temporary name first. Signals are blocked meanwhile, so that none
 * leaves the temporary file behind. */
static int replace(struct lun_file_out *out)
{
	size_t size = strlen(out->path) + 32;
	char *name = malloc(size);
	sigset_t all, before;
	int err;

	if (!name)
		return -ENOMEM;
	snprintf(name, size, "%s.%d.tmp", out->path, (int)getpid());
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = give_name(out, name);
	if (err == -EEXIST && unlink(name) == 0) /* left by an ended process with our process id */
		err = give_name(out, name);
	if (!err && rename(name, out->path) < 0) {
		err = -errno;
		unlink(name);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	free(name);
	return err;
}

int lun_file_out_commit(struct lun_file_out *out)
{
	int err = 0;

	if (out->path && fdatasync(out->fd) < 0 && errno != EINVAL)
		return -errno;
	if (out->path)
		err = replace(out);
	if (close(out->fd) < 0 && !err)
		err = -errno;
	out->fd = -1;
	return err;
}

void lun_file_out_close(struct lun_file_out *out)
{
	if (out->fd >= 0)
		close(out->fd);
	free(out->path);
	free(out);
}
