/*
 * Compiles civetweb's source as a part of this file, so that our functions replace some of
 * civetweb's: those listed in CIVETWEB_REPLACED in civetweb.cmake. A request's head is parsed
 * strictly (head.c), a body has a time limit (chunk.c), WebSockets follow RFC 6455 (websocket.c),
 * and idle connections hold no thread (lobby.c).
 */
#include "http/wire.h"

#ifndef LUNETTE_SYSTEM_CIVETWEB

#include <errno.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/chunk.h"
#include "http/head.h"
#include "http/live.h"
#include "http/lobby.h"
#include "text/monotonic.h"

union usa;
struct socket;

static int get_http_header_len(const char *data, int len);
static int parse_http_request(char *data, int len, struct mg_request_info *info);
static int get_uri_type(const char *uri);
static int read_message(FILE *fp, struct mg_connection *conn, char *data, int size, int *len);
static int pull_all(FILE *fp, struct mg_connection *conn, char *data, int len);
static void read_websocket(
	struct mg_connection *conn, mg_websocket_data_handler handler, void *ctx);
static void sockaddr_to_string(char *text, size_t size, const union usa *address);
static void close_socket_gracefully(struct mg_connection *conn);
static void produce_socket(struct mg_context *context, const struct socket *socket);
static int consume_socket(struct mg_context *context, struct socket *socket, int thread);
static int mg_start_thread_with_id(mg_thread_func_t run, void *ctx, pthread_t *id);

/* Out of descriptors: closes the longest idle connection and tries again after a moment. */
static int accept_or_shed(int fd, struct sockaddr *address, socklen_t *len)
{
	int client = accept4(fd, address, len, SOCK_CLOEXEC);

	if (client < 0 && (errno == EMFILE || errno == ENFILE)) {
		lun_lobby_shed();
		usleep(10000);
	}
	return client;
}

/*
 * A WebSocket is read by one thread and written by another, and OpenSSL's connection is made for
 * one at a time: each call and the look at its error hold a lock. Sockets do not block, so nobody
 * waits long for it. Several connections may share a lock.
 */
enum { TLS_LOCKS = 64 };

static pthread_mutex_t tls_locks[TLS_LOCKS];
static __thread int tls_error; /* of this thread's last call */

static void init_tls_locks(void)
{
	for (int i = 0; i < TLS_LOCKS; i++)
		pthread_mutex_init(&tls_locks[i], NULL);
}

static pthread_mutex_t *lock_tls(const SSL *ssl)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_mutex_t *lock = &tls_locks[(uintptr_t)ssl / 256 % TLS_LOCKS];

	pthread_once(&once, init_tls_locks);
	pthread_mutex_lock(lock);
	return lock;
}

static int read_tls(SSL *ssl, void *data, int len)
{
	pthread_mutex_t *lock = lock_tls(ssl);
	int n = SSL_read(ssl, data, len);

	tls_error = SSL_get_error(ssl, n);
	pthread_mutex_unlock(lock);
	return n;
}

static int write_tls(SSL *ssl, const void *data, int len)
{
	pthread_mutex_t *lock = lock_tls(ssl);
	int n = SSL_write(ssl, data, len);

	tls_error = SSL_get_error(ssl, n);
	pthread_mutex_unlock(lock);
	return n;
}

static int pending_tls(SSL *ssl)
{
	pthread_mutex_t *lock = lock_tls(ssl);
	int n = SSL_pending(ssl);

	pthread_mutex_unlock(lock);
	return n;
}

static int error_tls(const SSL *ssl, int n)
{
	(void)ssl;
	(void)n;
	return tls_error;
}

/* A client that does not speak TLS learns it by words. */
static bool speaks_http(int fd)
{
	static const char answer[] =
		"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n"
		"Content-Length: 44\r\n\r\nthis port speaks TLS: https:// in the URL.\r\n";
	char first;

	if (recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1 || first < 'A' || first > 'Z')
		return false;
	(void)!send(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	return true;
}

/* A client that dawdles over the handshake holds a thread: not for long, and less when others wait.
 */
static int accept_tls(SSL *ssl)
{
	enum { HANDSHAKE_MS = 10000, CROWDED_MS = 1000 };
	static __thread uint64_t began;
	uint64_t now = lun_monotonic_ms();
	int n;

	if (SSL_in_before(ssl))
		began = now;
	if (speaks_http(SSL_get_fd(ssl)) ||
		now - began > (lun_lobby_is_crowded() ? CROWDED_MS : HANDSHAKE_MS))
		shutdown(SSL_get_fd(ssl), SHUT_RDWR);
	n = SSL_accept(ssl);
	tls_error = SSL_get_error(ssl, n);
	return n;
}

#define accept accept_or_shed
#define SSL_accept accept_tls
#define SSL_read read_tls
#define SSL_write write_tls
#define SSL_pending pending_tls
#define SSL_get_error error_tls
#include <civetweb/civetweb_renamed.c>
#undef accept
#undef SSL_accept
#undef SSL_read
#undef SSL_write
#undef SSL_pending
#undef SSL_get_error

enum {
	HEAD_MS = 10000,      /* for the whole head, from its first byte */
	LINGER_MS = 20,       /* how long a thread stays with an idle connection */
	BODY_MS = 120000,     /* for the whole body */
	BODY_FREE_MS = 10000, /* time before the rate is checked */
	BODY_RATE = 1024,     /* least bytes a second */
	CHUNK_LINE = 1024,
	TRAILERS = 8192,
};

static __thread struct {
	int status; /* HTTP status with which the head was refused */
	const char *why;
	bool slow;   /* the body */
	bool linger; /* the client may still be sending: close the connection gently */
} last;

int lun_wire_refusal(const char **why)
{
	if (last.status)
		*why = last.why;
	return last.status;
}

bool lun_wire_was_slow(void)
{
	return last.slow;
}

static int refuse(int status, const char *why)
{
	last.status = status;
	last.why = why;
	last.linger = true;
	return -1;
}

/* The head */

static int get_http_header_len(const char *data, int len)
{
	int end = lun_head_end(data, len);

	return end < 0 ? refuse(400, "the head of the request holds a control character") : end;
}

/* civetweb passes the head's bytes without their size; since the bytes are checked already, looking
 * for the end again is safe. */
static int parse_http_request(char *data, int len, struct mg_request_info *info)
{
	int end = lun_head_end(data, len), status;
	struct lun_head head;
	const char *why;

	_Static_assert(sizeof(struct lun_header) == sizeof(struct mg_header), "the same layout");
	_Static_assert(LUN_HEAD_FIELDS == MG_MAX_HEADERS, "as many fields");
	info->remote_user = info->request_method = info->request_uri = info->http_version = NULL;
	info->num_headers = 0;
	if (end <= 0)
		return end;
	status = lun_head_parse(data, (size_t)end, &head, &why);
	if (status)
		return refuse(status, why);
	info->request_method = head.method;
	info->request_uri = head.target;
	info->http_version = head.version;
	info->num_headers = (int)head.fields_len;
	memcpy(info->http_headers, head.fields, head.fields_len * sizeof(*head.fields));
	return end;
}

/* lun_head_parse() has let only paths and "*" through. */
static int get_uri_type(const char *uri)
{
	(void)uri;
	return 2;
}

/* The sockets that threads work on. Shutting one down must not meet its closing, after which its
 * number may belong to another file. */
static struct {
	pthread_mutex_t lock;
	int *fds; /* by the thread's number; -1: none */
	unsigned len;
} held = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void hold(ptrdiff_t thread, int fd)
{
	pthread_mutex_lock(&held.lock);
	held.fds[thread] = fd;
	pthread_mutex_unlock(&held.lock);
}

static void let_go(const struct mg_connection *conn)
{
	hold(conn - conn->phys_ctx->worker_connections, -1);
}

static int hold_none(unsigned threads)
{
	held.fds = mg_malloc(threads * sizeof(*held.fds));
	if (!held.fds)
		return ENOMEM;
	held.len = threads;
	memset(held.fds, 0xff, threads * sizeof(*held.fds));
	return 0;
}

static void shutdown_held(void)
{
	pthread_mutex_lock(&held.lock);
	for (unsigned i = 0; i < held.len; i++) {
		if (held.fds[i] >= 0)
			shutdown(held.fds[i], SHUT_RDWR);
	}
	pthread_mutex_unlock(&held.lock);
}

/* Moves an idle connection to the lobby and frees its thread. */
static bool leave(struct mg_connection *conn)
{
	struct lun_guest guest = {
		.fd = conn->client.sock,
		.plain = true,
		.idle = conn->handled_requests > 0,
		.len = sizeof(conn->client),
	};

	_Static_assert(sizeof(conn->client) <= sizeof(guest.state), "room for civetweb's socket");
	memcpy(guest.state, &conn->client, sizeof(conn->client));
	if (conn->ssl)
		return false;
	let_go(conn);
	if (!lun_lobby_park(&guest)) {
		hold(conn - conn->phys_ctx->worker_connections, guest.fd);
		return false;
	}
	conn->client.sock = INVALID_SOCKET; // the lobby closes the socket now
	return true;
}

/* Waits for the first bytes of a request. Their count; -1 when the connection has ended or moved to
 * the lobby. A TLS connection can't move, because its state belongs to this thread: it waits here
 * until other connections need the thread. */
static int read_first(struct mg_connection *conn, char *data, int size)
{
	uint64_t end = lun_monotonic_ms() + HEAD_MS;
	int n;

	do {
		n = pull_inner(
			NULL, conn, data, size, lun_lobby_is_crowded() ? 0 : LINGER_MS / 1e3);
		if (n > 0)
			return n;
		if (n == -2 || leave(conn))
			return -1;
	} while (lun_monotonic_ms() < end && !lun_lobby_is_crowded());
	return -1;
}

static int read_head(struct mg_connection *conn, char *data, int size, int *len)
{
	uint64_t end = lun_monotonic_ms() + HEAD_MS;
	int head;

	while ((head = get_http_header_len(data, *len)) == 0) {
		uint64_t now = lun_monotonic_ms();
		int n;

		if (*len >= size)
			return refuse(431, "the head of the request is longer than 32768 bytes");
		if (now >= end)
			return refuse(408, "the head of the request came too slowly");
		n = pull_inner(NULL, conn, data + *len, size - *len, (double)(end - now) / 1e3);
		if (n == -2)
			return -1;
		*len += n > 0 ? n : 0;
	}
	return head;
}

static int read_message(FILE *fp, struct mg_connection *conn, char *data, int size, int *len)
{
	int n;

	(void)fp;
	last.status = 0;
	last.slow = last.linger = false;
	if (*len == 0) {
		n = read_first(conn, data, size);
		if (n <= 0)
			return -1;
		*len = n;
	}
	clock_gettime(CLOCK_MONOTONIC, &conn->req_time);
	return read_head(conn, data, size, len);
}

/* The body */

static bool is_too_slow(const struct mg_connection *conn, int64_t received)
{
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - conn->req_time.tv_sec) * 1000 +
		(now.tv_nsec - conn->req_time.tv_nsec) / 1000000;
	return ms > BODY_MS || (ms > BODY_FREE_MS && received < ms * BODY_RATE / 1000);
}

/* Reads len bytes of the body; fewer at its end, or -1. */
static int pull_all(FILE *fp, struct mg_connection *conn, char *data, int len)
{
	int n, got = 0;

	while (got < len) {
		n = pull_inner(fp, conn, data + got, len - got, 1);
		if (n == -2)
			return got ? got : -1;
		got += n > 0 ? n : 0;
		if (got < len && is_too_slow(conn, conn->consumed_content + got)) {
			last.slow = true;
			return -1;
		}
	}
	return got;
}

/* Adds the bytes to content_len, because civetweb counts everything after the head as content. */
static bool read_raw(struct mg_connection *conn, char *data, int len)
{
	conn->content_len += len;
	return mg_read_inner(conn, data, (size_t)len) == len;
}

/* Reads a line with its line end. Its length, or -1. */
static int read_line(struct mg_connection *conn, char *line, int size)
{
	for (int len = 0; len < size; len++) {
		if (!read_raw(conn, line + len, 1))
			return -1;
		if (line[len] == '\n')
			return len + 1;
	}
	return -1;
}

/* Skips the trailer fields after the last chunk, up to the empty line. */
static bool skip_trailers(struct mg_connection *conn)
{
	char line[CHUNK_LINE];

	for (int total = 0; total < TRAILERS;) {
		int len = read_line(conn, line, sizeof(line));

		if (len < 2 || line[len - 2] != '\r')
			return false;
		if (len == 2)
			return true;
		total += len;
	}
	return false;
}

enum { CHUNKS_MORE = 1, CHUNKS_BAD = 2, CHUNKS_END = 4 }; /* of mg_connection.is_chunked */

static void begin_chunk(struct mg_connection *conn)
{
	char line[CHUNK_LINE];
	int len = read_line(conn, line, sizeof(line));
	int64_t size = len > 0 ? lun_chunk_size(line, (size_t)len) : -1;

	if (size > 0)
		conn->content_len += size;
	else if (size == 0 && skip_trailers(conn))
		conn->is_chunked = CHUNKS_END;
	else
		conn->is_chunked = CHUNKS_BAD;
}

static void end_chunk(struct mg_connection *conn)
{
	char end[2];

	if (!read_raw(conn, end, 2) || end[0] != '\r' || end[1] != '\n')
		conn->is_chunked = CHUNKS_BAD;
}

static int read_chunks(struct mg_connection *conn, char *data, size_t len)
{
	size_t got = 0;

	while (got < len && conn->is_chunked == CHUNKS_MORE) {
		int n;

		if (conn->consumed_content == conn->content_len) {
			begin_chunk(conn);
			continue;
		}
		n = mg_read_inner(conn, data + got, len - got);
		if (n <= 0) {
			conn->is_chunked = CHUNKS_BAD;
			break;
		}
		got += (size_t)n;
		if (conn->consumed_content == conn->content_len)
			end_chunk(conn);
	}
	return conn->is_chunked == CHUNKS_BAD ? -1 : (int)got;
}

int mg_read(struct mg_connection *conn, void *data, size_t len)
{
	if (!conn)
		return 0;
	if (len > INT_MAX)
		len = INT_MAX;
	return conn->is_chunked ? read_chunks(conn, data, len) : mg_read_inner(conn, data, len);
}

/* WebSockets */

int lun_wire_read(struct mg_connection *conn, char *data, int len, int timeout_ms)
{
	int waiting = conn->data_len - conn->request_len, n;

	if (waiting > 0) { // these bytes came together with the head
		n = waiting < len ? waiting : len;
		memcpy(data, conn->buf + conn->request_len, (size_t)n);
		conn->request_len += n;
		return n;
	}
	n = pull_inner(NULL, conn, data, len, timeout_ms / 1e3);
	return n == -2 ? -1 : n < 0 ? 0 : n;
}

static void read_websocket(struct mg_connection *conn, mg_websocket_data_handler handler, void *ctx)
{
	(void)handler;
	(void)ctx;
	conn->in_websocket_handling = 1;
	lun_websocket_read(conn);
	conn->in_websocket_handling = 0;
	conn->must_close = 1;
	last.linger = true;
}

/* Connections and threads */

static void sockaddr_to_string(char *text, size_t size, const union usa *address)
{
	*text = '\0';
	if (address->sa.sa_family == AF_UNIX)
		mg_strlcpy(text, "unix", size);
	else
		getnameinfo(&address->sa,
			address->sa.sa_family == AF_INET6 ? sizeof(address->sin6)
							  : sizeof(address->sin),
			text, (socklen_t)size, NULL, 0, NI_NUMERICHOST);
}

/* True when the socket holds data that was not read. Closing it then would send a reset, which may
 * destroy our answer before the client reads it. */
static bool has_unread(const struct mg_connection *conn)
{
	int waiting = 0;

	return last.linger || conn->consumed_content < conn->content_len ||
		(conn->is_chunked && conn->is_chunked != CHUNKS_END) ||
		(ioctl(conn->client.sock, FIONREAD, &waiting) == 0 && waiting > 0);
}

static void close_socket_gracefully(struct mg_connection *conn)
{
	let_go(conn);
	shutdown(conn->client.sock, SHUT_WR);
	if (!has_unread(conn) || !lun_lobby_linger(conn->client.sock))
		close(conn->client.sock);
	conn->client.sock = INVALID_SOCKET;
	last.linger = false;
}

static void produce_socket(struct mg_context *context, const struct socket *socket)
{
	struct lun_guest guest = {
		.fd = socket->sock, .plain = !socket->is_ssl, .len = sizeof(*socket)
	};

	(void)context;
	memcpy(guest.state, socket, sizeof(*socket));
	lun_lobby_enter(&guest);
}

static int consume_socket(struct mg_context *context, struct socket *socket, int thread)
{
	struct lun_guest guest;

	(void)context;
	if (!lun_lobby_next(&guest))
		return 0;
	memcpy(socket, guest.state, sizeof(*socket));
	hold(thread, guest.fd);
	return 1;
}

/* civetweb starts all its threads at once, the accepting thread last, and does not check whether
 * that one started. Here the accepting thread is started first and waits; then one worker is
 * started, and the lobby starts more when they are needed. */
static struct {
	struct mg_context *context;
	int error;
	pthread_t accepting;
	pthread_mutex_t lock;
	pthread_cond_t told;
	mg_thread_func_t run; /* for the accepting thread */
	void *ctx;
	bool given_up;
} starting = { .lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER };

static void *run_accepting(void *unused)
{
	mg_thread_func_t run;

	(void)unused;
	pthread_mutex_lock(&starting.lock);
	while (!starting.run && !starting.given_up)
		pthread_cond_wait(&starting.told, &starting.lock);
	run = starting.run;
	pthread_mutex_unlock(&starting.lock);
	return run ? run(starting.ctx) : NULL;
}

static void tell_accepting(mg_thread_func_t run, void *ctx)
{
	pthread_mutex_lock(&starting.lock);
	starting.run = run;
	starting.ctx = ctx;
	starting.given_up = !run;
	pthread_cond_signal(&starting.told);
	pthread_mutex_unlock(&starting.lock);
}

static int start_worker(void *unused, unsigned n)
{
	struct mg_context *context = starting.context;

	(void)unused;
	context->worker_connections[n].phys_ctx = context;
	return civetweb_mg_start_thread_with_id(
		worker_thread, &context->worker_connections[n], &context->worker_threadids[n]);
}

/* Starts the accepting thread, the lobby and one worker: all of them, or none. */
static int start_first(struct mg_context *context, unsigned threads)
{
	struct lun_lobby_config config = { .threads = threads, .start = start_worker };
	int err = hold_none(threads);

	starting.context = context;
	if (!err)
		err = pthread_create(&starting.accepting, NULL, run_accepting, NULL);
	if (err)
		return err;
	err = lun_lobby_open(&config);
	if (!err)
		err = lun_lobby_start();
	if (!err)
		return 0;
	lun_lobby_close();
	tell_accepting(NULL, NULL);
	pthread_join(starting.accepting, NULL);
	return err;
}

static int mg_start_thread_with_id(mg_thread_func_t run, void *ctx, pthread_t *id)
{
	struct mg_connection *conn = ctx;

	if (run == master_thread) {
		*id = starting.accepting;
		tell_accepting(run, ctx);
		return 0;
	}
	if (run != worker_thread)
		return civetweb_mg_start_thread_with_id(run, ctx, id);
	if (conn == conn->phys_ctx->worker_connections)
		starting.error = start_first(conn->phys_ctx, conn->phys_ctx->cfg_worker_threads);
	return starting.error;
}

void lun_wire_open(unsigned threads)
{
	(void)threads; // civetweb has an option of its own for it
	starting.error = 0;
	starting.run = NULL;
	starting.given_up = false;
}

int lun_wire_start_error(void)
{
	return starting.error;
}

void lun_wire_end(void)
{
	lun_lobby_end();
}

void lun_wire_close(void)
{
	lun_lobby_close();
	mg_free(held.fds);
	held.fds = NULL;
	held.len = 0;
}

void lun_wire_shutdown(struct mg_connection *conn)
{
	shutdown(conn->client.sock, SHUT_RDWR);
}

void lun_wire_shutdown_all(struct lun_http *http)
{
	struct mg_context *context = http->context;

	for (unsigned i = 0; i < context->num_listening_sockets; i++)
		shutdown(context->listening_sockets[i].sock, SHUT_RDWR);
	shutdown_held();
}

const char *lun_wire_missing(void)
{
	return NULL;
}

bool lun_wire_has_ipv6(void)
{
	return true;
}

#endif
