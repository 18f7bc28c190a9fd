#pragma once
/*
 * A live connection: WebSocket or server-sent events. Its Lua callbacks run as jobs on the VM that
 * accepted it. Messages to the client wait in a bounded queue until the transport's thread sends
 * them. A client that is too slow is dropped.
 */
#include <stdbool.h>
#include <stddef.h>

#include "vm/blob.h"

struct lun_conn;

struct lun_message {
	struct lun_message *next;
	struct lun_blob *text; /* may be shared with other connections' queues */
};

void lun_message_free(struct lun_message *message);

/* The transport's function that ends the connection at once; called from any thread. */
struct lun_transport {
	void (*drop)(void *ctx);
	void *ctx;
};

/* Hands the connection to the transport: drop may be called until lun_conn_gone. */
void lun_conn_attach(struct lun_conn *conn, struct lun_transport transport);
/* Queues a call of the session's open() and returns. 0 or -ESHUTDOWN. */
int lun_conn_opened(struct lun_conn *conn);
/* A text message arrived: runs the session's message() and waits until it returns. Messages after
 * the connection's close are ignored. 0 or -ESHUTDOWN. */
int lun_conn_message(struct lun_conn *conn, const char *text, size_t len);
/* Waits for the next message to send. 1: the caller frees it by lun_message_free. 0: timeout. -1:
 * close the connection with *code and reason (room for 124 bytes). */
int lun_conn_next(struct lun_conn *conn, int timeout_ms, struct lun_message **message, int *code,
	char *reason);
/* The transport has ended: ends the subscriptions, runs the session's close() and drops the
 * transport's reference. */
void lun_conn_gone(struct lun_conn *conn, int code, const char *reason);

/* Asks for the connection to be closed. From any thread; a second call changes nothing. */
void lun_conn_close(struct lun_conn *conn, int code, const char *reason);
