#pragma once
/*
 * Requests to other hosts. One thread of the process carries all of them, by libcurl's multi
 * interface: names, TLS, HTTP/2, Unix sockets. It starts with the first request. The answers of a
 * batch wait in memory, within limits, until their owner takes them; a stream's events are
 * published on a topic while it has subscribers.
 */
#include <curl/curl.h>
#include <stdbool.h>

#include "text/out.h"

struct lun_batch;

/* One request and its answer. */
struct lun_exchange {
	struct lun_exchange *next;                      /* in the inbox, or among the finished */
	struct lun_exchange *active_prev, *active_next; /* the thread's own list */
	struct lun_batch *batch;                        /* held; NULL: a stream */
	unsigned index;                                 /* the caller's number */
	CURL *easy;
	struct curl_slist *headers;
	struct lun_out body;
	size_t most; /* bytes of the answer, or of an event */
	bool too_large, too_much;
	long status;
	CURLcode result;
	double seconds;
	char error[CURL_ERROR_SIZE];
	/* Of a stream. */
	char *topic, *name;
	double watched;         /* when it was last seen to have subscribers */
	double again_at, pause; /* when it is opened again, after an end */
	bool known, events, complete;
	bool idle; /* not with libcurl */
};

/* A request for this address; NULL when memory is short. The caller sets further options of
 * exchange->easy before it hands the exchange over. */
struct lun_exchange *lun_exchange_new(const char *url);
void lun_exchange_free(struct lun_exchange *exchange);
/* Why there is no answer, in a buffer of the exchange or of libcurl. */
const char *lun_exchange_reason(const struct lun_exchange *exchange);

/* A batch without requests, whose answers have so many bytes at most; NULL when memory is short. */
struct lun_batch *lun_batch_new(size_t most);
/* Hands a request over: the batch owns it. 0 or -errno. */
int lun_batch_add(struct lun_batch *batch, struct lun_exchange *exchange);
/* The next finished request, which the caller frees; NULL after so many milliseconds, and when none
 * is left: then *left is 0. */
struct lun_exchange *lun_batch_take(struct lun_batch *batch, int wait_ms, unsigned *left);
/* Ends the requests that still run. */
void lun_batch_close(struct lun_batch *batch);

/* Opens a stream, whose topic and name are set, and owns it. It ends with the topic's last
 * subscriber, and is opened again when the other side breaks it. 0; 1 when the topic has a stream
 * of that name already; or -errno. */
int lun_exchange_stream(struct lun_exchange *exchange);
