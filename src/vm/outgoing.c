#include "vm/outgoing.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "text/monotonic.h"
#include "vm/pool_private.h"
#include "vm/outgoing_private.h"

enum {
	EVENTS = 256,   /* of one look at the sockets */
	TICK_MS = 1000, /* between two looks at the streams */
	KEPT = 2048,    /* idle connections */
	MOST_FILES = 65536,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lun_exchange *inbox, **inbox_last = &inbox;
static bool started, stopping;
static pthread_t thread;
static int wake_fd = -1;
static bool sweep; /* a batch was closed */

/* The thread's own. */
static int epoll_fd = -1;
static CURLM *multi;
static double timer = -1; /* when libcurl wants to be called */
static struct lun_exchange *active;

static void wake(void)
{
	uint64_t one = 1;

	(void)!write(wake_fd, &one, sizeof(one));
}

static size_t take_body(char *bytes, size_t one, size_t len, void *arg)
{
	struct lun_exchange *exchange = arg;

	(void)one;
	if (exchange->topic && lun_exchange_bytes(exchange, bytes, len))
		return len;
	exchange->too_large = exchange->body.len + len > exchange->most;
	if (!exchange->too_large && exchange->batch)
		exchange->too_much = !lun_batch_hold(exchange->batch, len);
	if (exchange->too_large || exchange->too_much)
		return 0;
	lun_out_mem(&exchange->body, bytes, len);
	return exchange->body.err ? 0 : len;
}

static void init_library(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct lun_exchange *lun_exchange_new(const char *url)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct lun_exchange *exchange = calloc(1, sizeof(*exchange));

	pthread_once(&once, init_library);
	if (!exchange)
		return NULL;
	lun_out_init(&exchange->body);
	exchange->easy = curl_easy_init();
	if (!exchange->easy) {
		free(exchange);
		return NULL;
	}
	curl_easy_setopt(exchange->easy, CURLOPT_URL, url);
	curl_easy_setopt(exchange->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(exchange->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(exchange->easy, CURLOPT_ERRORBUFFER, exchange->error);
	curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(exchange->easy, CURLOPT_PRIVATE, exchange);
	curl_easy_setopt(exchange->easy, CURLOPT_ACCEPT_ENCODING, "");
	return exchange;
}

void lun_exchange_free(struct lun_exchange *exchange)
{
	if (!exchange)
		return;
	curl_easy_cleanup(exchange->easy);
	curl_slist_free_all(exchange->headers);
	lun_out_free(&exchange->body);
	lun_batch_unref(exchange->batch);
	free(exchange->topic);
	free(exchange->name);
	free(exchange);
}

const char *lun_exchange_reason(const struct lun_exchange *exchange)
{
	long code = 0;

	if (exchange->too_large)
		return "the answer is too large";
	if (exchange->too_much)
		return "the answers of all hosts are too large together";
	if (exchange->result == CURLE_OPERATION_TIMEDOUT)
		return "no answer in time";
	curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &code);
	if (exchange->result == CURLE_COULDNT_CONNECT && code)
		return strerror((int)code);
	return *exchange->error ? exchange->error : curl_easy_strerror(exchange->result);
}

/* libcurl names the sockets to watch. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
	struct epoll_event event = { .data.fd = fd };

	(void)easy;
	(void)arg;
	(void)socket;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) && errno == ENOENT)
		return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
	return 0;
}

static int set_timer(CURLM *handle, long ms, void *arg)
{
	(void)handle;
	(void)arg;
	timer = ms < 0 ? -1 : lun_monotonic() + (double)ms / 1e3;
	return 0;
}

static void drop(struct lun_exchange *exchange)
{
	struct lun_exchange *next = exchange->active_next;

	if (!exchange->idle)
		curl_multi_remove_handle(multi, exchange->easy);
	if (exchange->active_prev)
		exchange->active_prev->active_next = next;
	else
		active = next;
	if (next)
		next->active_prev = exchange->active_prev;
}

static void begin(struct lun_exchange *exchange)
{
	exchange->idle = curl_multi_add_handle(multi, exchange->easy) != CURLM_OK;
	if (exchange->idle)
		exchange->again_at = lun_monotonic() + 1;
}

/* A stream that ended is opened again after a while, which grows. */
static void pause_stream(struct lun_exchange *stream)
{
	curl_multi_remove_handle(multi, stream->easy);
	stream->idle = true;
	lun_exchange_ended(stream);
	stream->again_at = lun_monotonic() + stream->pause;
}

static void end_one(CURLMsg *message)
{
	struct lun_exchange *exchange;
	curl_off_t took = 0;

	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
	exchange->result = message->data.result;
	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
	curl_easy_getinfo(exchange->easy, CURLINFO_TOTAL_TIME_T, &took);
	exchange->seconds = (double)took / 1e6;
	if (exchange->topic) {
		pause_stream(exchange);
		return;
	}
	drop(exchange);
	lun_batch_finish(exchange);
}

static void end_finished(void)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left))) {
		if (message->msg == CURLMSG_DONE)
			end_one(message);
	}
}

/* Under the lock: a stream of that topic and name runs, or waits in the inbox. */
static bool has_stream(const struct lun_exchange *other)
{
	for (struct lun_exchange *one = inbox; one; one = one->next) {
		if (one->topic && !strcmp(one->topic, other->topic) &&
			!strcmp(one->name, other->name))
			return true;
	}
	for (struct lun_exchange *one = active; one; one = one->active_next) {
		if (one->topic && !strcmp(one->topic, other->topic) &&
			!strcmp(one->name, other->name))
			return true;
	}
	return false;
}

/* Under the lock. */
static void take_inbox(void)
{
	struct lun_exchange *list = inbox, *next;

	inbox = NULL;
	inbox_last = &inbox;
	for (; list; list = next) {
		next = list->next;
		list->active_prev = NULL;
		list->active_next = active;
		if (active)
			active->active_prev = list;
		active = list;
		begin(list);
	}
}

/* Under the lock: ends what nobody wants any more, and opens streams again. */
static void look_at_all(double now)
{
	struct lun_exchange *next;

	for (struct lun_exchange *one = active; one; one = next) {
		next = one->active_next;
		if (one->topic ? !lun_exchange_wanted(one, now) : lun_batch_closed(one->batch)) {
			drop(one);
			lun_exchange_free(one);
		} else if (one->idle && now >= one->again_at) {
			begin(one);
		}
	}
}

static int wait_ms(void)
{
	double ms = timer < 0 ? TICK_MS : (timer - lun_monotonic()) * 1e3;

	return ms <= 0 ? 0 : ms > TICK_MS ? TICK_MS : (int)ms + 1;
}

static void act(const struct epoll_event *event)
{
	int running, what = 0;
	uint64_t count;

	if (event->data.fd == wake_fd) {
		(void)!read(wake_fd, &count, sizeof(count));
		return;
	}
	what |= event->events & EPOLLIN ? CURL_CSELECT_IN : 0;
	what |= event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0;
	what |= event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0;
	curl_multi_socket_action(multi, event->data.fd, what, &running);
}

static void round_once(double *looked)
{
	struct epoll_event events[EVENTS];
	int running, n = epoll_wait(epoll_fd, events, EVENTS, wait_ms());
	double now;

	for (int i = 0; i < n; i++)
		act(&events[i]);
	now = lun_monotonic();
	if (timer >= 0 && now >= timer) {
		timer = -1;
		curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	end_finished();
	pthread_mutex_lock(&lock);
	take_inbox();
	if (sweep || now - *looked >= TICK_MS / 1e3) {
		look_at_all(now);
		sweep = false;
		*looked = now;
	}
	pthread_mutex_unlock(&lock);
}

static void *carry(void *arg)
{
	double looked = lun_monotonic();
	sigset_t all;
	bool ends;

	(void)arg;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	do {
		round_once(&looked);
		pthread_mutex_lock(&lock);
		ends = stopping;
		pthread_mutex_unlock(&lock);
	} while (!ends);
	return NULL;
}

/* Before the libraries end that the thread uses. */
static void stop(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_mutex_unlock(&lock);
	wake();
	pthread_join(thread, NULL);
	while (active) {
		struct lun_exchange *one = active;

		drop(one);
		lun_exchange_free(one);
	}
	curl_multi_cleanup(multi);
}

/* A thousand hosts need a thousand sockets. */
static long raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 256;
	limit.rlim_cur = limit.rlim_max > MOST_FILES ? MOST_FILES : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return (long)limit.rlim_cur / 2;
}

static bool make_multi(void)
{
	multi = curl_multi_init();
	if (!multi)
		return false;
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)KEPT);
	curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, raise_files());
	return true;
}

/* Under the lock. 0 or -errno. */
static int start(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int err;

	if (started)
		return stopping ? -ESHUTDOWN : 0;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	event.data.fd = wake_fd;
	err = epoll_fd < 0 || wake_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &event)
		? -errno
		: 0;
	if (!err && !make_multi())
		err = -ENOMEM;
	if (!err)
		err = lun_thread_start(&thread, carry, NULL);
	started = !err;
	if (started) {
		atexit(stop);
		return 0;
	}
	curl_multi_cleanup(multi);
	close(epoll_fd);
	close(wake_fd);
	return err;
}

int lun_outgoing_add(struct lun_exchange *exchange)
{
	int err;

	pthread_mutex_lock(&lock);
	err = start();
	if (!err && exchange->topic && has_stream(exchange))
		err = 1;
	if (!err) {
		exchange->next = NULL;
		*inbox_last = exchange;
		inbox_last = &exchange->next;
	}
	pthread_mutex_unlock(&lock);
	if (!err)
		wake();
	return err;
}

int lun_exchange_stream(struct lun_exchange *exchange)
{
	int err = lun_outgoing_add(exchange);

	if (err)
		lun_exchange_free(exchange);
	return err;
}

void lun_outgoing_sweep(void)
{
	pthread_mutex_lock(&lock);
	sweep = true;
	if (started)
		wake();
	pthread_mutex_unlock(&lock);
}
