#pragma once
/* Live connections: server-sent events (events.c) and WebSockets (websocket.c). */
#include "http/http.h"

/* Sends events until either side ends the stream. Takes reply->conn. */
void lun_events_run(struct mg_connection *conn, struct lun_reply *reply);

/* True when the upgrade is allowed; otherwise a refusal has been sent. */
bool lun_websocket_check(struct mg_connection *conn);
/* Takes reply->conn. civetweb then makes the handshake and calls the registered functions. */
bool lun_websocket_prepare(struct mg_connection *conn, struct lun_reply *reply);
/* Reads frames until the connection ends; runs in civetweb's thread. */
void lun_websocket_read(struct mg_connection *conn);
void lun_websocket_register(struct lun_http *http);
/* Called at the end of the request: frees the state of a failed handshake. */
void lun_websocket_end(const struct mg_connection *conn);
