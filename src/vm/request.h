#pragma once
/*
 * A request on its way from the HTTP layer to Lua, and the reply back. No Lua and no sockets here.
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
	const struct lun_header *headers;
	size_t headers_len;
	bool websocket;  /* the client asks for a WebSocket upgrade */
	bool authorized; /* may read */
	bool can_write, can_eval;
	char user[64]; /* the name of its token, or "" */
};

struct lun_reply {
	int status;
	struct lun_out headers; /* "Name: value\r\n" lines, may be empty */
	struct lun_out body;
	struct lun_source *source; /* the body as a stream, in place of text; the caller owns it */
	struct lun_conn *conn; /* set: the answer is a live connection; the caller's reference */
	bool unrouted;         /* no route matches the path */
	char *protocol;        /* the WebSocket's subprotocol, malloc'd; may be NULL */
};

/* Runs the request in the pool and waits for the reply; takes the body, which is empty afterwards.
 * 0; or without a reply -EBUSY, -EDEADLK (every VM is stuck in C code), -ESHUTDOWN. */
int lun_request_run(struct lun_pool *pool, const struct lun_request *request, struct lun_out *body,
	struct lun_reply *reply);
/* Frees the parts that the caller has not taken (the caller sets taken parts to NULL). */
void lun_reply_free(struct lun_reply *reply);
