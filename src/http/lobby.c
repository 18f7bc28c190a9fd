#include "http/lobby.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/health.h"
#include "http/head.h"
#include "text/log.h"
#include "text/monotonic.h"

enum {
	FIRST_MS = 10000,  /* for a new connection's first byte */
	IDLE_MS = 15000,   /* between two requests of a connection */
	WAIT_MS = 2000,    /* for a thread, once the client has sent something */
	CLOSING_MS = 1000, /* for the client to read its answer after close */
	TICK_MS = 100,     /* between two looks at connections that wait for a thread */
	RETRY_MS = 10000,  /* before a thread that could not be started is tried again */
	MAX_PARKED = 8192,
	MAX_QUEUED = 512,
	PEEK = 2048,
	EVENTS = 64,
};

enum state { NEW, IDLE, CLOSING };

struct entry {
	struct entry *prev, *next;
	struct lun_guest guest;
	enum state state;
	uint64_t since;
};

/* A list in order of arrival: the first entry is the oldest. */
struct list {
	struct entry *first, *last;
	unsigned len;
};

static struct {
	struct lun_lobby_config config;
	pthread_mutex_t lock; /* guards all members below */
	pthread_cond_t wake;  /* wakes threads that wait for work */
	pthread_t thread;
	int epoll, bell;
	struct list queue;  /* connections with data, which wait for a thread */
	struct list parked; /* idle connections: only the lobby's thread removes them */
	unsigned threads, idle, starting;
	unsigned max_parked, to_shed;
	uint64_t retry;
	bool is_open, ended, told;
} lobby;

static void append(struct list *list, struct entry *entry)
{
	entry->prev = list->last;
	entry->next = NULL;
	if (list->last)
		list->last->next = entry;
	else
		list->first = entry;
	list->last = entry;
	list->len++;
}

static void unlink_entry(struct list *list, struct entry *entry)
{
	if (entry->prev)
		entry->prev->next = entry->next;
	else
		list->first = entry->next;
	if (entry->next)
		entry->next->prev = entry->prev;
	else
		list->last = entry->prev;
	list->len--;
}

static void discard(struct entry *entry)
{
	close(entry->guest.fd); // closing the descriptor removes it from epoll
	free(entry);
}

static void ring(void)
{
	uint64_t one = 1;

	(void)!write(lobby.bell, &one, sizeof(one));
}

static unsigned free_threads(void)
{
	return lobby.idle + lobby.starting;
}

static int start_now(void)
{
	int err = lobby.config.start(lobby.config.ctx, lobby.threads);

	lobby.threads += !err;
	lobby.starting += !err;
	return err;
}

/* Starts one more thread when the limit allows it. The first failure is logged. */
static bool start_thread(void)
{
	int err;

	if (lobby.threads >= lobby.config.threads || lun_monotonic_ms() < lobby.retry)
		return false;
	err = start_now();
	if (!err)
		return true;
	lobby.retry = lun_monotonic_ms() + RETRY_MS;
	if (!lobby.told)
		lun_log("warning", "no more threads can be started (%s): %u serve connections",
			strerror(err), lobby.threads);
	lobby.told = true;
	return false;
}

static void enqueue(struct entry *entry, uint64_t now)
{
	entry->since = now;
	append(&lobby.queue, entry);
	if (lobby.queue.len > free_threads())
		start_thread();
	pthread_cond_signal(&lobby.wake);
}

static bool watch(struct entry *entry, enum state state, uint64_t now)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = entry };

	entry->state = state;
	entry->since = now;
	if (epoll_ctl(lobby.epoll, EPOLL_CTL_ADD, entry->guest.fd, &event))
		return false;
	append(&lobby.parked, entry);
	return true;
}

static void unwatch(struct entry *entry)
{
	epoll_ctl(lobby.epoll, EPOLL_CTL_DEL, entry->guest.fd, NULL);
	unlink_entry(&lobby.parked, entry);
}

/* Shuts down our side and discards what the client still sends for a moment, because closing at
 * once would send a reset and destroy the answer on its way. */
static void close_gently(struct entry *entry, uint64_t now)
{
	shutdown(entry->guest.fd, SHUT_WR);
	if (!watch(entry, CLOSING, now))
		discard(entry);
}

static bool send_now(struct entry *entry, const void *data, size_t len)
{
	return send(entry->guest.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

/* Answers a complete request for /healthz or /readyz that waits in the socket. */
static bool answer_health(struct entry *entry)
{
	char data[PEEK];
	struct lun_head head;
	struct lun_out out;
	const char *why;
	ssize_t n = recv(entry->guest.fd, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT);
	int end = n > 0 ? lun_head_end(data, (int)n) : 0;

	bool answered;

	if (end <= 0 || lun_head_parse(data, (size_t)end, &head, &why))
		return false;
	lun_out_init(&out);
	lun_health_write_response(&out, head.method, head.target);
	answered = out.len > 0 && !out.err;
	if (answered)
		send_now(entry, out.data, out.len);
	lun_out_free(&out);
	return answered;
}

static void answer_busy(struct entry *entry)
{
	static const char busy[] =
		"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
		"Retry-After: 1\r\nCache-Control: no-store\r\nConnection: close\r\n"
		"Content-Length: 60\r\n\r\n"
		"{\"error\":{\"message\":\"all connections are busy; try again\"}}\n";

	_Static_assert(
		sizeof("{\"error\":{\"message\":\"all connections are busy; try again\"}}\n") == 61,
		"Content-Length");
	send_now(entry, busy, sizeof(busy) - 1);
	lun_server_answered(503);
}

/* All threads are busy: answers health checks, and 503 to connections that have waited too long. */
static void relieve_queue(uint64_t now)
{
	struct entry *next;

	if (lobby.queue.len <= free_threads())
		return;
	for (struct entry *entry = lobby.queue.first; entry; entry = next) {
		bool late = now - entry->since >= WAIT_MS || lobby.queue.len > MAX_QUEUED;
		bool answered = entry->guest.plain && answer_health(entry);

		next = entry->next;
		if (!answered && !late)
			continue;
		unlink_entry(&lobby.queue, entry);
		if (!entry->guest.plain) {
			discard(entry);
			continue;
		}
		if (!answered)
			answer_busy(entry);
		close_gently(entry, now);
	}
	if (lobby.queue.len > free_threads())
		start_thread();
}

static bool is_over(const struct entry *entry, uint64_t now)
{
	static const unsigned limits[] = {
		[NEW] = FIRST_MS, [IDLE] = IDLE_MS, [CLOSING] = CLOSING_MS
	};

	return now - entry->since >= limits[entry->state];
}

static void tidy_parked(uint64_t now)
{
	struct entry *next;

	for (struct entry *entry = lobby.parked.first; entry; entry = next) {
		next = entry->next;
		if (!is_over(entry, now) && (!lobby.to_shed || entry->state == CLOSING))
			continue;
		lobby.to_shed -= lobby.to_shed > 0;
		unwatch(entry);
		discard(entry);
	}
	lobby.to_shed = 0;
}

/* The client has sent data or closed the connection. */
static void on_readable(struct entry *entry, uint64_t now)
{
	bool closing = entry->state == CLOSING;
	char data[4096];
	ssize_t n = recv(entry->guest.fd, data, closing ? sizeof(data) : 1,
		MSG_DONTWAIT | (closing ? 0 : MSG_PEEK));

	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0 && closing)
		return;
	unwatch(entry);
	if (n > 0)
		enqueue(entry, now);
	else
		discard(entry);
}

static int timeout(void)
{
	if (lobby.queue.len > 0)
		return TICK_MS;
	return lobby.parked.len > 0 ? 1000 : -1;
}

static void *run(void *unused)
{
	struct epoll_event events[EVENTS];
	uint64_t now, rings;

	(void)unused;
	pthread_mutex_lock(&lobby.lock);
	while (!lobby.ended) {
		int wait = timeout(), n;

		pthread_mutex_unlock(&lobby.lock);
		n = epoll_wait(lobby.epoll, events, EVENTS, wait);
		pthread_mutex_lock(&lobby.lock);
		now = lun_monotonic_ms();
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				on_readable(events[i].data.ptr, now);
			else
				(void)!read(lobby.bell, &rings, sizeof(rings));
		}
		relieve_queue(now);
		tidy_parked(now);
	}
	pthread_mutex_unlock(&lobby.lock);
	return NULL;
}

static unsigned max_parked(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / 2 > MAX_PARKED)
		return MAX_PARKED;
	return (unsigned)limit.rlim_cur / 2;
}

int lun_lobby_open(const struct lun_lobby_config *config)
{
	struct epoll_event event = { .events = EPOLLIN };
	int err;

	memset(&lobby, 0, sizeof(lobby));
	lobby.config = *config;
	lobby.max_parked = max_parked();
	pthread_mutex_init(&lobby.lock, NULL);
	lun_cond_init(&lobby.wake);
	lobby.is_open = true;
	lobby.epoll = epoll_create1(EPOLL_CLOEXEC);
	lobby.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lobby.epoll < 0 || lobby.bell < 0 ||
		epoll_ctl(lobby.epoll, EPOLL_CTL_ADD, lobby.bell, &event))
		err = errno;
	else
		err = pthread_create(&lobby.thread, NULL, run, NULL);
	if (err)
		lobby.ended = true;
	return err;
}

int lun_lobby_start(void)
{
	int err;

	pthread_mutex_lock(&lobby.lock);
	err = start_now();
	pthread_mutex_unlock(&lobby.lock);
	return err;
}

static struct entry *new_entry(const struct lun_guest *guest)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (entry)
		entry->guest = *guest;
	return entry;
}

/* Under the lock. */
static bool park(struct entry *entry, enum state state)
{
	if (lobby.ended || !watch(entry, state, lun_monotonic_ms()))
		return false;
	if (lobby.parked.len > lobby.max_parked)
		lobby.to_shed = lobby.parked.len - lobby.max_parked;
	if (lobby.parked.len == 1 || lobby.to_shed)
		ring(); // the lobby's thread may be sleeping without a timeout
	return true;
}

void lun_lobby_enter(const struct lun_guest *guest)
{
	struct entry *entry = new_entry(guest);
	bool stays = false;

	pthread_mutex_lock(&lobby.lock);
	if (entry && !lobby.ended) {
		if (lobby.queue.len < free_threads() || start_thread()) {
			enqueue(entry, lun_monotonic_ms());
			stays = true;
		} else {
			stays = park(entry, NEW);
		}
	}
	pthread_mutex_unlock(&lobby.lock);
	if (stays)
		return;
	close(guest->fd);
	free(entry);
}

static bool park_guest(const struct lun_guest *guest, enum state state)
{
	struct entry *entry = new_entry(guest);
	bool parked;

	pthread_mutex_lock(&lobby.lock);
	parked = entry && park(entry, state);
	pthread_mutex_unlock(&lobby.lock);
	if (!parked)
		free(entry);
	return parked;
}

bool lun_lobby_park(const struct lun_guest *guest)
{
	return park_guest(guest, guest->idle ? IDLE : NEW);
}

bool lun_lobby_linger(int fd)
{
	struct lun_guest guest = { .fd = fd, .plain = true };

	return park_guest(&guest, CLOSING);
}

bool lun_lobby_next(struct lun_guest *guest)
{
	struct entry *entry;

	pthread_mutex_lock(&lobby.lock);
	lobby.starting -= lobby.starting > 0;
	lobby.idle++;
	while (!lobby.queue.first && !lobby.ended)
		pthread_cond_wait(&lobby.wake, &lobby.lock);
	lobby.idle--;
	entry = lobby.ended ? NULL : lobby.queue.first;
	if (entry) {
		unlink_entry(&lobby.queue, entry);
		*guest = entry->guest;
	}
	pthread_mutex_unlock(&lobby.lock);
	free(entry);
	return entry != NULL;
}

bool lun_lobby_is_crowded(void)
{
	bool crowded;

	pthread_mutex_lock(&lobby.lock);
	crowded = lobby.ended || lobby.queue.len > free_threads();
	pthread_mutex_unlock(&lobby.lock);
	return crowded;
}

void lun_lobby_shed(void)
{
	pthread_mutex_lock(&lobby.lock);
	lobby.to_shed++;
	ring();
	pthread_mutex_unlock(&lobby.lock);
}

static void clear(struct list *list)
{
	while (list->first) {
		struct entry *entry = list->first;

		unlink_entry(list, entry);
		discard(entry);
	}
}

void lun_lobby_end(void)
{
	bool was_open;

	pthread_mutex_lock(&lobby.lock);
	was_open = !lobby.ended;
	lobby.ended = true;
	pthread_cond_broadcast(&lobby.wake);
	ring();
	pthread_mutex_unlock(&lobby.lock);
	if (!was_open)
		return;
	pthread_join(lobby.thread, NULL);
	pthread_mutex_lock(&lobby.lock);
	clear(&lobby.queue);
	clear(&lobby.parked);
	pthread_mutex_unlock(&lobby.lock);
}

void lun_lobby_close(void)
{
	if (!lobby.is_open)
		return;
	lun_lobby_end();
	if (lobby.epoll >= 0)
		close(lobby.epoll);
	if (lobby.bell >= 0)
		close(lobby.bell);
	pthread_cond_destroy(&lobby.wake);
	pthread_mutex_destroy(&lobby.lock);
	lobby.is_open = false;
}
