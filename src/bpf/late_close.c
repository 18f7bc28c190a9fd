#include "bpf/late_close.h"

#include <linux/bpf.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 256, WAIT_NS = 2000000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int kept[ROOM];
static int nr_kept;

static int take(int *fds)
{
	int n;

	pthread_mutex_lock(&lock);
	n = nr_kept;
	for (int i = 0; i < n; i++)
		fds[i] = kept[i];
	nr_kept = 0;
	pthread_mutex_unlock(&lock);
	return n;
}

void lun_late_close_flush(void)
{
	const struct timespec wait = { .tv_nsec = WAIT_NS };
	int fds[ROOM];
	int n = take(fds);

	if (!n)
		return;
	nanosleep(&wait, NULL);
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

static int keep(int fd)
{
	int full;

	pthread_mutex_lock(&lock);
	full = nr_kept == ROOM;
	if (!full)
		kept[nr_kept++] = fd;
	pthread_mutex_unlock(&lock);
	return !full;
}

void lun_late_close(int fd, uint32_t map_type)
{
	if (map_type != BPF_MAP_TYPE_PROG_ARRAY) {
		close(fd);
		return;
	}
	while (!keep(fd))
		lun_late_close_flush();
}
