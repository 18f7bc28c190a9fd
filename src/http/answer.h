#pragma once
/* Writing answers: the head with the headers that every answer has, gzip, chunks. */
#include "http/http.h"

/* A small JSON error: { "error": { "message" } }. Extra header lines may be NULL. close: the
 * connection ends after it. */
void lun_answer_error(struct mg_connection *conn, int status, const char *message,
	const char *headers, bool close);
/* What Lua replied; takes its source. Not for live connections. */
void lun_answer_reply(struct mg_connection *conn, struct lun_reply *reply);
/* The head of a stream of events; what follows is written until the connection ends. */
bool lun_answer_events(struct mg_connection *conn, struct lun_reply *reply);
/* A body that stays in memory. type may be NULL; encoded: it is gzip already. */
struct lun_content {
	const char *headers; /* lines */
	const void *data;
	size_t len;
};
void lun_answer_content(struct mg_connection *conn, int status, const struct lun_content *content);

/* Answers the question of a browser whether a page from another origin may send a request (CORS),
 * when --allow-origin names the origin; else false. */
bool lun_answer_preflight(struct mg_connection *conn);

bool lun_accepts_gzip(const struct mg_request_info *info);
