#pragma once
/*
 * The HTTP server: civetweb's threads hold connections, the pool's VMs answer. One a process.
 */
#include <civetweb.h>
#include <stdatomic.h>

#include "vm/request.h"
#include "vm/server_state.h"

struct lun_http {
	const struct lun_serve_options *options;
	struct lun_pool *pool;
	struct mg_context *context;
	bool local;            /* listens on loopback alone */
	atomic_bool draining;  /* no new requests: the server ends */
	atomic_uint in_flight; /* requests being answered */
	atomic_uint live;      /* WebSockets and event streams */
	unsigned live_limit;
	char error[256]; /* civetweb's first complaint while it starts */
};

/* civetweb.c. NULL with *err (malloc'd). */
struct lun_http *lun_http_start(
	const struct lun_serve_options *options, struct lun_pool *pool, char **err);
/* The end in good order: drain, retire the pool, cut, close the pool, stop. */
/* Takes no new requests, and waits until those that came are answered: for so many seconds, or
 * for as many as `working` while a VM works on them. */
void lun_http_drain(struct lun_http *http, double seconds, double working);
/* Shuts down all sockets, of clients and those that listen. */
void lun_http_cut(struct lun_http *http);
void lun_http_stop(struct lun_http *http);
/* Writes "http://ADDR:PORT/" of the n-th listening port; false when there is none. */
bool lun_http_url(struct lun_http *http, int n, char *url, size_t len);

/* handle.c: civetweb's begin_request. */
int lun_http_handle(struct mg_connection *conn);
