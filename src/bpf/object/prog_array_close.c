#include "bpf/object/prog_array_close.h"

#include <linux/bpf.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 64, WAIT_NS = 2000000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t closed = PTHREAD_COND_INITIALIZER;
static int kept[ROOM];
static int nr_kept;
static bool closing;    /* the closing thread runs */
static unsigned rounds; /* how often it has closed all kept descriptors */

static void wait_and_close(const int *fds, int n)
{
	const struct timespec wait = { .tv_nsec = WAIT_NS };

	nanosleep(&wait, NULL);
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

/* Under the lock. */
static int take(int *fds)
{
	int n = nr_kept;

	for (int i = 0; i < n; i++)
		fds[i] = kept[i];
	nr_kept = 0;
	return n;
}

/* Closes kept descriptors; ends when none is left. */
static void *close_kept(void *arg)
{
	int fds[ROOM], n;

	pthread_mutex_lock(&lock);
	while ((n = take(fds))) {
		pthread_mutex_unlock(&lock);
		wait_and_close(fds, n);
		pthread_mutex_lock(&lock);
		rounds++;
		pthread_cond_broadcast(&closed);
	}
	closing = false;
	pthread_cond_broadcast(&closed);
	pthread_mutex_unlock(&lock);
	return arg;
}

/* Starts the closing thread with all signals blocked. */
static bool start_closing(void)
{
	static bool at_exit;
	pthread_t thread;
	sigset_t all, before;
	int err;

	if (!at_exit)
		at_exit = !atexit(lun_prog_array_close_flush);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, NULL, close_kept, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		pthread_detach(thread);
	return !err;
}

/* Under the lock. False when there is no room, or no thread can be started. */
static bool keep(int fd)
{
	if (nr_kept == ROOM)
		return false;
	kept[nr_kept++] = fd;
	if (!closing)
		closing = start_closing();
	if (!closing)
		nr_kept--;
	return closing;
}

void lun_prog_array_close(int fd, uint32_t map_type)
{
	bool is_kept;

	if (map_type != BPF_MAP_TYPE_PROG_ARRAY) {
		close(fd);
		return;
	}
	pthread_mutex_lock(&lock);
	is_kept = keep(fd);
	pthread_mutex_unlock(&lock);
	if (!is_kept)
		wait_and_close(&fd, 1);
}

/* Descriptors kept now are closed in this round or the next one. */
void lun_prog_array_close_flush(void)
{
	unsigned start;

	pthread_mutex_lock(&lock);
	start = rounds;
	while (closing && rounds - start < 2)
		pthread_cond_wait(&closed, &lock);
	pthread_mutex_unlock(&lock);
}
