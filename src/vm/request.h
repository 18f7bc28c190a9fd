#pragma once
/*
 * A request, from the HTTP layer to Lua and back. Nothing here knows of Lua or of sockets.
 */
#include <stdbool.h>

#include "vm/conn.h"
#include "vm/pool.h"
#include "text/source.h"

struct lun_header {
	const char *name, *value;
};

struct lun_request {
	const char *method, *path, *query, *remote; /* query may be NULL */
	const char *body;
	size_t body_len;
	const struct lun_header *headers;
	size_t headers_len;
	bool websocket;  /* asks for an upgrade */
	bool authorized; /* may read */
	bool can_write, can_eval;
};

struct lun_reply {
	int status;
	struct lun_out headers; /* "Name: value\r\n" lines, may be empty */
	struct lun_out body;
	struct lun_source *source; /* in place of a body; the caller's */
	struct lun_conn *conn;     /* the answer is a live connection; the caller's reference */
	bool unrouted;             /* no route has this path */
	char *protocol;            /* the WebSocket's subprotocol, malloc'd; may be NULL */
};

/* Runs the request in the pool and waits for the reply. 0, or -EBUSY, -ESHUTDOWN: no reply. */
int lun_request_run(
	struct lun_pool *pool, const struct lun_request *request, struct lun_reply *reply);
/* Frees what the caller has not taken (and set to NULL). */
void lun_reply_free(struct lun_reply *reply);
