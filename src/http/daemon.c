/* The life of the server: start, reload on SIGHUP or when a script changes, orderly shutdown. */
#include <errno.h>
#include <stdatomic.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "text/log.h"
#include "text/monotonic.h"
#include "http/http.h"
#include "http/notify.h"
#include "http/privileges.h"
#include "http/daemon.h"
#include "http/watch.h"
#include "vm/script_files.h"

/* An editor writes a file in several steps: reload once nothing has changed for so long. */
enum { QUIET_MS = 150 };
/* Longest time of an orderly shutdown. */
enum { GRACE_MS = 15000 };

struct server {
	const struct lun_serve_options *options;
	struct lun_pool *pool;
	struct lun_http *http;
	int signals, changes;
	int received[2];    /* a pipe: the signals received, for watch() */
	atomic_bool serves; /* the scripts are loaded and requests are served */
	pthread_t warden;
	sigset_t before;
};

/* Blocks the signals before any thread is started, so that only our signal thread gets them. */
static int take_signals(struct server *server)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, &server->before);
	sigdelset(&set, SIGPIPE);
	server->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return server->signals < 0 ? -errno : 0;
}

static void announce(struct server *server)
{
	char url[256];

	for (int i = 0; lun_http_url(server->http, i, url, sizeof(url)); i++)
		printf("lunette: listening on %s\n", url);
	fflush(stdout);
}

static void reload(struct server *server)
{
	char *err = NULL;
	int result;

	lun_notify_reloading();
	result = lun_pool_reload(server->pool, &err);
	lun_notify("READY=1");
	if (server->changes >= 0)
		lun_watch_update(server->changes);
	if (result == 0) {
		lun_server_reloaded(true);
		lun_log("info", "scripts loaded again");
		return;
	}
	lun_log("error", "scripts not loaded, the ones before stay: %s", err ? err : "?");
	lun_server_error(NULL, err ? err : "not enough memory");
	lun_server_reloaded(false); // the error is stored before the failure is counted
	free(err);
}

/* The signal that was received, or 0. */
static int read_signal(struct server *server)
{
	struct signalfd_siginfo info;

	if (read(server->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

/* Ends the process at once, whatever VMs and clients are doing. */
static void end_now(const char *why)
{
	lun_log("warning", "%s: the process ends now", why);
	_exit(1);
}

static int left_ms(uint64_t until)
{
	uint64_t now = lun_monotonic_ms();

	return until == UINT64_MAX ? -1 : until > now ? (int)(until - now) : 0;
}

/*
 * The signal thread. Loading scripts and ending VMs may block in code that does not return, so
 * signals have their own thread. The first SIGTERM or SIGINT starts an orderly shutdown, the second
 * one ends the process at once.
 */
static void *signal_thread(void *arg)
{
	struct server *server = arg;
	struct pollfd fd = { .fd = server->signals, .events = POLLIN };
	uint64_t until = UINT64_MAX;

	for (;;) {
		int n = poll(&fd, 1, left_ms(until));
		int signo = n > 0 ? read_signal(server) : 0;

		if (n == 0)
			end_now("a script or a client did not end in time");
		if (signo == SIGINT || signo == SIGTERM) {
			if (until != UINT64_MAX)
				end_now("second signal to end");
			if (!atomic_load(&server->serves))
				end_now("signal to end while scripts are loaded");
			until = lun_monotonic_ms() + GRACE_MS;
			lun_pool_stop_loading(server->pool);
		}
		if (signo && write(server->received[1], &signo, sizeof(signo)) < 0)
			return NULL;
	}
}

static int start_warden(struct server *server)
{
	int err;

	if (pipe2(server->received, O_CLOEXEC))
		return -errno;
	err = -pthread_create(&server->warden, NULL, signal_thread, server);
	if (err) {
		close(server->received[0]);
		close(server->received[1]);
	}
	return err;
}

static void stop_warden(struct server *server)
{
	pthread_cancel(server->warden);
	pthread_join(server->warden, NULL);
	close(server->received[0]);
	close(server->received[1]);
}

static int read_order(struct server *server)
{
	int signo;

	return read(server->received[0], &signo, sizeof(signo)) == sizeof(signo) ? signo : 0;
}

/* Runs until SIGINT or SIGTERM. */
static void watch(struct server *server)
{
	struct pollfd fds[] = {
		{ .fd = server->received[0], .events = POLLIN },
		{ .fd = server->changes, .events = POLLIN }, // poll ignores a negative one
	};
	int timeout = -1;

	for (;;) {
		int n = poll(fds, 2, timeout);
		int signo = n > 0 && fds[0].revents ? read_order(server) : 0;

		if (signo == SIGINT || signo == SIGTERM)
			return;
		if (n == 0)
			timeout = -1;
		if (signo == SIGHUP || (n == 0 && lun_script_changed()))
			reload(server);
		if (n > 0 && fds[1].revents) {
			lun_watch_read(server->changes);
			timeout = QUIET_MS;
		}
	}
}

static int start(struct server *server, char **err)
{
	server->pool = lun_pool_open(&server->options->pool, err);
	if (!server->pool)
		return -1;
	lun_server_pool(server->pool);
	server->http = lun_http_start(server->options, server->pool, err);
	return server->http ? 0 : -1;
}

/* Orderly shutdown: running requests are answered, clients have a moment to read their answers and
 * to close, then all connections are cut. */
static void stop(struct server *server)
{
	if (server->http)
		lun_http_drain(server->http, 0.5, 5);
	lun_server_pool(NULL);
	if (server->pool)
		lun_pool_retire(server->pool, 0.5);
	if (server->http)
		lun_http_cut(server->http);
	if (server->pool)
		lun_pool_close(server->pool, 10);
	if (server->http)
		lun_http_stop(server->http);
}

static void watch_scripts(struct server *server)
{
	server->changes = lun_watch_open();
	if (server->changes < 0)
		lun_log("warning", "changed scripts are not seen: %s", strerror(-server->changes));
	else
		lun_watch_update(server->changes);
}

int lun_http_serve(const struct lun_serve_options *options, char **err)
{
	struct server server = { .options = options, .changes = -1 };
	int result;

	*err = NULL;
	if (take_signals(&server))
		return -1;
	if (!options->keep_capabilities)
		lun_privileges_drop();
	result = start_warden(&server);
	if (result) {
		if (asprintf(err,
			    "the thread for signals can't be started: %s (ulimit -u, or the "
			    "container's limit of pids)",
			    strerror(-result)) < 0)
			*err = NULL;
		return -1;
	}
	result = start(&server, err);
	atomic_store(&server.serves, true);
	if (result == 0) {
		if (options->watch)
			watch_scripts(&server);
		announce(&server);
		lun_notify("READY=1");
		watch(&server);
		lun_notify("STOPPING=1");
	}
	stop(&server);
	stop_warden(&server);
	if (server.changes >= 0)
		close(server.changes);
	close(server.signals);
	pthread_sigmask(SIG_SETMASK, &server.before, NULL);
	return result;
}
