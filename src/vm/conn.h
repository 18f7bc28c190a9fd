#pragma once
/*
 * A connection that lives: WebSocket or server-sent events. Its Lua callbacks run as jobs on
 * the VM that accepted it; what it sends waits in a bounded queue that the transport's thread
 * drains. The transport drops a client that is too slow.
 */
#include <stdbool.h>
#include <stddef.h>

#include "vm/blob.h"

struct lun_conn;

struct lun_message {
	struct lun_message *next;
	struct lun_blob *text; /* shared with other connections that wait for the same */
};

void lun_message_free(struct lun_message *message);

/* How the transport is told to end at once, from any thread. */
struct lun_transport {
	void (*drop)(void *ctx);
	void *ctx;
};

/* The transport takes over: from now on drop may be called, until lun_conn_gone. */
void lun_conn_attach(struct lun_conn *conn, struct lun_transport transport);
/* Runs the session's open(); 0 or -ESHUTDOWN. Returns before it has run. */
int lun_conn_opened(struct lun_conn *conn);
/* A text message came: runs the session's message() and waits for its end; what comes after the
 * connection was to close is nobody's any more. 0, -ESHUTDOWN. */
int lun_conn_message(struct lun_conn *conn, const char *text, size_t len);
/* The next message to send: 1 (the caller frees it by lun_message_free), 0 when the time is up, -1
 * when the connection is to be closed with *code and reason (room for 124 bytes). */
int lun_conn_next(struct lun_conn *conn, int timeout_ms, struct lun_message **message, int *code,
	char *reason);
/* The transport has ended: subscriptions end, the session's close() runs, and the transport's
 * reference is given back. */
void lun_conn_gone(struct lun_conn *conn, int code, const char *reason);

/* Asks for the connection's end. Any thread; once is enough. */
void lun_conn_close(struct lun_conn *conn, int code, const char *reason);
