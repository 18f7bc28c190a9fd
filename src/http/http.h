#pragma once
/*
 * The HTTP server: civetweb's threads hold the connections, the pool's VMs compute the answers. One
 * per process.
 */
#include <civetweb.h>
#include <stdatomic.h>

#include "vm/request.h"
#include "vm/server_state.h"

struct lun_http {
	const struct lun_serve_options *options;
	struct lun_pool *pool;
	struct mg_context *context;
	bool local;            /* listens on loopback addresses only */
	atomic_bool draining;  /* shutting down: no new requests */
	atomic_uint in_flight; /* requests being answered */
	atomic_uint live;      /* WebSockets and event streams */
	unsigned live_limit;
	char error[256]; /* civetweb's first error message while it starts */
};

/* civetweb.c. Starts the server. NULL with *err (malloc'd) on failure. */
struct lun_http *lun_http_start(
	const struct lun_serve_options *options, struct lun_pool *pool, char **err);
/* An orderly shutdown calls: drain, retire the pool, cut, close the pool, stop. */
/* Takes no new requests and waits for the running ones: at most `seconds`, or at most `working`
 * seconds while a VM still works on one. */
void lun_http_drain(struct lun_http *http, double seconds, double working);
/* Shuts down all sockets: clients' and listening ones. */
void lun_http_cut(struct lun_http *http);
void lun_http_stop(struct lun_http *http);
/* Writes the URL "http://ADDR:PORT/" of the n-th listening port; false when there is none. */
bool lun_http_url(struct lun_http *http, int n, char *url, size_t len);

/* handle.c: civetweb's begin_request callback. */
int lun_http_handle(struct mg_connection *conn);
