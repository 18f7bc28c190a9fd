/*
 * WebSockets. civetweb makes the handshake. The connection's thread reads frames, checks them by
 * RFC 6455, joins messages and answers pings. Another thread writes, so that a slow client blocks
 * only itself.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "http/answer.h"
#include "http/guard.h"
#include "http/frame.h"
#include "http/live.h"
#include "http/wire.h"
#include "text/json.h"
#include "text/monotonic.h"

enum {
	MAX_MESSAGE = 1 << 20,
	WRITER_STACK = 128 << 10,
	IDLE_MS = 3600 * 1000,
	CLOSE_MS = 2000,
	WRITER_MS = 500, /* for the writer to end by itself */
	PING_MS = 20000, /* of silence before a ping is sent */
	MAX_PINGS = 3,   /* pings without any answer before the connection ends */
	READ = 4096,
};

struct websocket {
	struct lun_conn *live;
	struct mg_connection *conn;
	char *protocol;
	struct lun_out message; /* fragments of the message so far */
	bool in_message;
	bool ready, has_writer;
	bool close_sent; /* guarded by civetweb's lock of the connection */
	pthread_t writer;
	pthread_mutex_t lock; /* guards the members below */
	pthread_cond_t ended;
	bool over;         /* the reading thread has ended */
	bool writer_ended; /* the writing one */
	int code;          /* the client's */
	char reason[124];
};

static void drop(void *ctx)
{
	struct websocket *ws = ctx;

	lun_wire_shutdown(ws->conn);
}

bool lun_websocket_check(struct mg_connection *conn)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	const char *version = lun_header(info, "Sec-WebSocket-Version");

	if (strcmp(info->request_method, "GET") != 0)
		lun_answer_error(conn, 405, "a WebSocket begins with GET", "Allow: GET\r\n", true);
	else if (!lun_header(info, "Sec-WebSocket-Key"))
		lun_answer_error(conn, 400, "Sec-WebSocket-Key is missing", NULL, true);
	else if (!version || strcmp(version, "13") != 0)
		lun_answer_error(conn, 426, "WebSocket version 13 is needed",
			"Sec-WebSocket-Version: 13\r\n", true);
	else
		return true;
	return false;
}

bool lun_websocket_prepare(struct mg_connection *conn, struct lun_reply *reply)
{
	struct websocket *ws = calloc(1, sizeof(*ws));

	if (!ws)
		return false;
	ws->live = reply->conn;
	ws->protocol = reply->protocol;
	reply->conn = NULL;
	reply->protocol = NULL;
	ws->conn = conn;
	ws->code = 1006;
	lun_out_init(&ws->message);
	pthread_mutex_init(&ws->lock, NULL);
	lun_cond_init(&ws->ended);
	mg_set_user_connection_data(conn, ws);
	return true;
}

static void send_close(struct websocket *ws, int code, const char *reason)
{
	char frame[126];
	size_t len = strnlen(reason, 123);

	frame[0] = (char)(code >> 8);
	frame[1] = (char)code;
	memcpy(frame + 2, reason, len);
	mg_lock_connection(ws->conn);
	if (!ws->close_sent)
		mg_websocket_write(ws->conn, MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE, frame, len + 2);
	ws->close_sent = true;
	mg_unlock_connection(ws->conn);
}

/* After our close frame the client has a moment to answer; then its socket is shut down. */
static void wait_for_end(struct websocket *ws)
{
	struct timespec until;
	int err = 0;

	lun_seconds_from_now(&until, CLOSE_MS / 1e3);
	pthread_mutex_lock(&ws->lock);
	while (!ws->over && !err)
		err = pthread_cond_timedwait(&ws->ended, &ws->lock, &until);
	pthread_mutex_unlock(&ws->lock);
	if (err)
		drop(ws);
}

static bool is_over(struct websocket *ws)
{
	bool over;

	pthread_mutex_lock(&ws->lock);
	over = ws->over;
	pthread_mutex_unlock(&ws->lock);
	return over;
}

/* Writes a message; nothing is sent after a close frame. */
static bool write_message(struct websocket *ws, struct lun_message *message)
{
	int sent = 0;

	mg_lock_connection(ws->conn);
	if (!ws->close_sent)
		sent = mg_websocket_write(ws->conn, MG_WEBSOCKET_OPCODE_TEXT, message->text->data,
			message->text->len);
	mg_unlock_connection(ws->conn);
	lun_message_free(message);
	return sent > 0;
}

static void write_messages(struct websocket *ws)
{
	struct lun_message *message;
	char reason[124];
	int code, got;

	while ((got = lun_conn_next(ws->live, IDLE_MS, &message, &code, reason)) >= 0) {
		if (got > 0 && !write_message(ws, message)) {
			lun_conn_close(ws->live, 1006, "the client is gone");
			drop(ws);
			return;
		}
	}
	send_close(ws, code, reason);
	if (!is_over(ws))
		wait_for_end(ws);
}

static void *run_writer(void *arg)
{
	struct websocket *ws = arg;

	write_messages(ws);
	pthread_mutex_lock(&ws->lock);
	ws->writer_ended = true;
	pthread_cond_broadcast(&ws->ended);
	pthread_mutex_unlock(&ws->lock);
	return NULL;
}

static bool start_writer(struct websocket *ws)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, WRITER_STACK);
	err = pthread_create(&ws->writer, &attr, run_writer, ws);
	pthread_attr_destroy(&attr);
	ws->has_writer = !err;
	return !err;
}

static struct websocket *of(const struct mg_connection *conn)
{
	return mg_get_user_connection_data(conn);
}

/* Chooses the session's subprotocol; civetweb would choose the last one that the client names. */
static int on_connect(const struct mg_connection *conn, void *unused)
{
	struct mg_request_info *info = (struct mg_request_info *)mg_get_request_info(conn);

	(void)unused;
	if (!of(conn))
		return 1;
	info->acceptedWebSocketSubprotocol = of(conn)->protocol;
	return 0;
}

static void on_ready(struct mg_connection *conn, void *unused)
{
	struct websocket *ws = of(conn);

	(void)unused;
	ws->ready = true;
	lun_conn_attach(ws->live, (struct lun_transport){ drop, ws });
	if (!start_writer(ws) || lun_conn_opened(ws->live))
		drop(ws);
}

/* Closes the connection because the client violated the protocol. */
static int violation(struct websocket *ws, int code, const char *reason)
{
	ws->code = code;
	send_close(ws, code, reason);
	return 0;
}

static bool is_utf8(const char *s, size_t len)
{
	while (len > 0) {
		size_t n = lun_utf8_len(s, len);

		if (n == 0)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

static int end_message(struct websocket *ws)
{
	int err;

	ws->in_message = false;
	if (!is_utf8(ws->message.data, ws->message.len))
		return violation(ws, 1007, "text is not UTF-8");
	err = lun_conn_message(ws->live, ws->message.data, ws->message.len);
	lun_out_reset(&ws->message);
	if (ws->message.cap > 64 << 10)
		lun_out_free(&ws->message);
	return err ? violation(ws, 1001, "the server ends") : 1;
}

/* True when a text frame of this length is allowed now. */
static int begin_text(struct websocket *ws, bool first, uint64_t len)
{
	if (first == ws->in_message)
		return violation(ws, 1002, "fragments out of order");
	if (len > MAX_MESSAGE - ws->message.len)
		return violation(ws, 1009, "the message is longer than 1 MiB");
	ws->in_message = true;
	return 1;
}

static int add_text(struct websocket *ws, const char *data, size_t len)
{
	lun_out_mem(&ws->message, data, len);
	return ws->message.err ? violation(ws, 1011, "not enough memory") : 1;
}

static int on_close_frame(struct websocket *ws, const char *data, size_t len)
{
	size_t reason = len > 2 ? len - 2 : 0;
	int code = len >= 2 ? (unsigned char)data[0] << 8 | (unsigned char)data[1] : 1005;

	if (len == 1 || (len >= 2 && !lun_frame_close_code(code)))
		return violation(ws, 1002, "no close code");
	if (reason && !is_utf8(data + 2, reason))
		return violation(ws, 1007, "the reason is not UTF-8");
	ws->code = code;
	if (reason > sizeof(ws->reason) - 1)
		reason = sizeof(ws->reason) - 1;
	if (reason)
		memcpy(ws->reason, data + 2, reason);
	lun_conn_close(ws->live, code == 1005 ? 1000 : code, ""); // the writer sends the frame
	return 0;
}

/* Bytes that the connection's thread has read but not yet parsed. */
struct reader {
	struct websocket *ws;
	int at, len, pings;
	char data[READ];
};

/* Reads until `need` bytes are buffered; pings a silent client. False when the client is gone. */
static bool fill(struct reader *reader, int need)
{
	struct mg_connection *conn = reader->ws->conn;

	if (reader->at > 0) {
		memmove(reader->data, reader->data + reader->at,
			(size_t)(reader->len - reader->at));
		reader->len -= reader->at;
		reader->at = 0;
	}
	while (reader->len < need) {
		int n = lun_wire_read(
			conn, reader->data + reader->len, READ - reader->len, PING_MS);

		if (n < 0 || (n == 0 && reader->pings++ == MAX_PINGS))
			return false;
		if (n == 0 && mg_websocket_write(conn, MG_WEBSOCKET_OPCODE_PING, NULL, 0) <= 0)
			return false;
		reader->len += n;
		if (n > 0)
			reader->pings = 0;
	}
	return true;
}

/* Reads the head of the next frame; false when the connection is over. */
static bool read_head(struct reader *reader, struct lun_frame *frame)
{
	const char *why;
	int head;

	while ((head = lun_frame_parse((const unsigned char *)reader->data + reader->at,
			(size_t)(reader->len - reader->at), frame, &why)) == 0) {
		if (!fill(reader, reader->len - reader->at + 1))
			return false;
	}
	if (head < 0)
		return violation(reader->ws, -head, why);
	reader->at += head;
	return true;
}

static bool on_control(struct reader *reader, const struct lun_frame *frame)
{
	struct websocket *ws = reader->ws;
	int len = (int)frame->len;
	char *data;

	if (reader->len - reader->at < len && !fill(reader, len))
		return false;
	data = reader->data + reader->at;
	lun_frame_unmask(frame, 0, data, (size_t)len);
	reader->at += len;
	if (frame->opcode == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE)
		return on_close_frame(ws, data, (size_t)len);
	if (frame->opcode == MG_WEBSOCKET_OPCODE_PONG)
		return true;
	return mg_websocket_write(ws->conn, MG_WEBSOCKET_OPCODE_PONG, data, (size_t)len) > 0;
}

/* Appends the payload to the message in parts, as it arrives. */
static bool on_text(struct reader *reader, const struct lun_frame *frame)
{
	struct websocket *ws = reader->ws;

	if (frame->opcode == MG_WEBSOCKET_OPCODE_BINARY)
		return violation(ws, 1003, "text only");
	if (!begin_text(ws, frame->opcode == MG_WEBSOCKET_OPCODE_TEXT, frame->len))
		return false;
	for (uint64_t got = 0; got < frame->len;) {
		size_t n;

		if (reader->at == reader->len && !fill(reader, 1))
			return false;
		n = (size_t)(reader->len - reader->at);
		if (n > frame->len - got)
			n = (size_t)(frame->len - got);
		lun_frame_unmask(frame, got, reader->data + reader->at, n);
		if (!add_text(ws, reader->data + reader->at, n))
			return false;
		reader->at += (int)n;
		got += n;
	}
	return !frame->last || end_message(ws);
}

void lun_websocket_read(struct mg_connection *conn)
{
	struct reader reader = { .ws = of(conn) };
	struct lun_frame frame;

	while (read_head(&reader, &frame)) {
		if (!(frame.opcode >= 8 ? on_control(&reader, &frame) : on_text(&reader, &frame)))
			return;
	}
}

/* As lun_websocket_read, for builds in which civetweb reads the frames. */
static int on_data(struct mg_connection *conn, int bits, char *data, size_t len, void *unused)
{
	struct websocket *ws = of(conn);
	int opcode = bits & 0x0f;

	(void)unused;
	if (bits & 0x70)
		return violation(ws, 1002, "reserved bits");
	switch (opcode) {
	case MG_WEBSOCKET_OPCODE_CONTINUATION:
	case MG_WEBSOCKET_OPCODE_TEXT:
		if (!begin_text(ws, opcode == MG_WEBSOCKET_OPCODE_TEXT, len) ||
			!add_text(ws, data, len))
			return 0;
		return bits & 0x80 ? end_message(ws) : 1;
	case MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE:
		return on_close_frame(ws, data, len);
	case MG_WEBSOCKET_OPCODE_PING:
	case MG_WEBSOCKET_OPCODE_PONG:
		return 1;
	case MG_WEBSOCKET_OPCODE_BINARY:
		return violation(ws, 1003, "text only");
	default:
		return violation(ws, 1002, "unknown opcode");
	}
}

static void free_websocket(struct websocket *ws)
{
	lun_out_free(&ws->message);
	pthread_cond_destroy(&ws->ended);
	pthread_mutex_destroy(&ws->lock);
	free(ws->protocol);
	free(ws);
}

/* Waits for the writer thread: it has a moment to send what is queued; then the socket is shut
 * down, which ends a blocked write. */
static void join_writer(struct websocket *ws)
{
	struct timespec until;
	int err = 0;

	lun_conn_close(ws->live, 1000, "");
	lun_seconds_from_now(&until, WRITER_MS / 1e3);
	pthread_mutex_lock(&ws->lock);
	ws->over = true;
	pthread_cond_broadcast(&ws->ended);
	while (ws->has_writer && !ws->writer_ended && !err)
		err = pthread_cond_timedwait(&ws->ended, &ws->lock, &until);
	pthread_mutex_unlock(&ws->lock);
	if (err)
		drop(ws);
	if (ws->has_writer)
		pthread_join(ws->writer, NULL);
}

static void finish(struct websocket *ws)
{
	join_writer(ws);
	lun_conn_gone(ws->live, ws->code, ws->reason);
	free_websocket(ws);
}

static void on_close(const struct mg_connection *conn, void *unused)
{
	struct lun_http *http = mg_get_user_data(mg_get_context(conn));

	(void)unused;
	if (!of(conn))
		return;
	finish(of(conn));
	mg_set_user_connection_data(conn, NULL);
	atomic_fetch_sub(&http->live, 1);
}

void lun_websocket_end(const struct mg_connection *conn)
{
	on_close(conn, NULL);
}

void lun_websocket_register(struct lun_http *http)
{
	mg_set_websocket_handler(
		http->context, "**", on_connect, on_ready, on_data, on_close, http);
}
