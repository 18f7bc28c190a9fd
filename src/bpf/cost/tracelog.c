#include "bpf/cost/tracelog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024 };

struct lun_tracelog {
	int fd;
	size_t held;       /* bytes of a line that is not complete yet */
	char data[BUFFER]; /* a longer line is given out in pieces */
};

static int open_pipe(void)
{
	int fd = open("/sys/kernel/tracing/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		fd = open(
			"/sys/kernel/debug/tracing/trace_pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int lun_tracelog_open(struct lun_tracelog **log)
{
	struct lun_tracelog *l = malloc(sizeof(*l));

	*log = NULL;
	if (!l)
		return -ENOMEM;
	l->held = 0;
	l->fd = open_pipe();
	if (l->fd < 0) {
		int err = l->fd;

		free(l);
		return err;
	}
	*log = l;
	return 0;
}

void lun_tracelog_close(struct lun_tracelog *log)
{
	if (!log)
		return;
	close(log->fd);
	free(log);
}

static void give_lines(struct lun_tracelog *log, struct lun_out *out)
{
	const char *end = memrchr(log->data, '\n', log->held);
	size_t n = end ? (size_t)(end + 1 - log->data) : 0;

	if (!n && log->held == BUFFER)
		n = BUFFER;
	lun_out_mem(out, log->data, n);
	memmove(log->data, log->data + n, log->held - n);
	log->held -= n;
}

int lun_tracelog_read(struct lun_tracelog *log, int timeout_ms, struct lun_out *out)
{
	struct pollfd ready = { .fd = log->fd, .events = POLLIN };
	ssize_t n;

	if (poll(&ready, 1, timeout_ms) < 0)
		return errno == EINTR ? 0 : -errno;
	if (!(ready.revents & POLLIN))
		return 0;
	n = read(log->fd, log->data + log->held, BUFFER - log->held);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	log->held += (size_t)n;
	give_lines(log, out);
	return out->err;
}
