#pragma once
/* Connections that live: server-sent events (events.c) and WebSockets (websocket.c). */
#include "http/http.h"

/* Serves the events until either side ends. Takes reply->conn. */
void lun_events_run(struct mg_connection *conn, struct lun_reply *reply);

/* May this upgrade be made? Else the answer is sent. */
bool lun_websocket_check(struct mg_connection *conn);
/* Takes reply->conn; civetweb goes on with the handshake and calls what is registered. */
bool lun_websocket_prepare(struct mg_connection *conn, struct lun_reply *reply);
/* Reads frames until the connection is over; of civetweb's thread. */
void lun_websocket_read(struct mg_connection *conn);
void lun_websocket_register(struct lun_http *http);
/* The request is over: frees what a failed handshake left. */
void lun_websocket_end(const struct mg_connection *conn);
