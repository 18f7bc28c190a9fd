#pragma once
/*
 * Access to a connection's socket, head and threads, which civetweb's API hides: civetweb_build.c
 * uses civetweb's internals; civetweb_system.c does what is possible with the distribution's
 * library.
 */
#include "http/http.h"

/* A feature that this build's HTTP library lacks, or NULL. */
const char *lun_wire_missing(void);
bool lun_wire_has_ipv6(void);

/* Call before mg_start2, and lun_wire_close after mg_stop. threads: most connection threads. */
void lun_wire_open(unsigned threads);
void lun_wire_close(void);
/* The shutdown begins: no connection waits for data any more. */
void lun_wire_end(void);
/* The errno with which starting the first threads failed, or 0. */
int lun_wire_start_error(void);

/* The HTTP status and reason with which this thread refused a request's head; 0 when unknown. */
int lun_wire_refusal(const char **why);
/* True when this thread's last body came in too slowly. */
bool lun_wire_was_slow(void);

/* For WebSockets: reads at most len bytes after the head. Their count; 0 after so many milliseconds
 * without data; -1 at the end. */
int lun_wire_read(struct mg_connection *conn, char *data, int len, int timeout_ms);

/* Ends reading and writing of a connection, which wakes its threads. From any thread, while the
 * connection is kept open. */
void lun_wire_shutdown(struct mg_connection *conn);
/* Shuts down all listening ports and all connections to them. */
void lun_wire_shutdown_all(struct lun_http *http);
