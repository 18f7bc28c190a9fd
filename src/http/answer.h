#pragma once
/* Writes answers: the common headers, gzip, chunks. */
#include "http/http.h"

/* Answers with a JSON error: { "error": { "message" } }. Extra header lines may be NULL. close:
 * ends the connection after the answer. */
void lun_answer_error(struct mg_connection *conn, int status, const char *message,
	const char *headers, bool close);
/* Writes Lua's reply and takes its source. Not for live connections. */
void lun_answer_reply(struct mg_connection *conn, struct lun_reply *reply);
/* Writes the head of an event stream; its body lasts until the connection ends. */
bool lun_answer_events(struct mg_connection *conn, struct lun_reply *reply);
/* A body that stays in memory. type may be NULL; encoded: already gzip. */
struct lun_content {
	const char *headers; /* lines */
	const void *data;
	size_t len;
};
void lun_answer_content(struct mg_connection *conn, int status, const struct lun_content *content);

/* Answers a CORS preflight when --allow-origin names its origin; false otherwise. */
bool lun_answer_preflight(struct mg_connection *conn);

bool lun_accepts_gzip(const struct mg_request_info *info);
