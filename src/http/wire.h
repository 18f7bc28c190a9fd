#pragma once
/*
 * What Lunette needs of a connection and civetweb does not tell: civetweb_build.c has it from
 * civetweb's inside, civetweb_system.c as well as it can from outside.
 */
#include "http/http.h"

/* What this build's HTTP library lacks, or NULL. */
const char *lun_wire_lack(void);
bool lun_wire_has_ipv6(void);

/* Before mg_start2 and after mg_stop: at most so many connection threads. */
void lun_wire_open(unsigned threads);
void lun_wire_close(void);
/* The end begins: no connection waits any more. */
void lun_wire_end(void);
/* Why the threads of the start could not be made: an errno, or 0. */
int lun_wire_start_error(void);

/* Why the head of the request that this thread could not read was refused: its status and *why;
 * 0 when it is not known. */
int lun_wire_refusal(const char **why);
/* Was the body that this thread read last too slow? */
bool lun_wire_was_slow(void);

/* Reads at most len bytes that follow the head: how many, 0 when nothing came for so many
 * milliseconds, -1 at the end. Of WebSockets. */
int lun_wire_read(struct mg_connection *conn, char *data, int len, int timeout_ms);

/* Ends reading and writing of a connection, so that its threads go on. Any thread, while the
 * connection is held open. */
void lun_wire_shutdown(struct mg_connection *conn);
/* Ends the listening of all ports, and all connections to them. */
void lun_wire_shutdown_all(struct lun_http *http);
