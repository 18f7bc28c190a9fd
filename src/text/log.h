#pragma once
/*
 * The server's log on stderr. A record is one line that begins with its time; lines of a traceback
 * follow, each after a tab. Control characters, newlines of foreign text and bytes that are not
 * UTF-8 are escaped as \n, \x1b, \u{202e}; a message longer than 8 KiB is cut.
 */
#include "text/out.h"

#include <stdbool.h>

/* True when lines of this level are written: LUNETTE_LOG is the lowest level, by default "info". */
bool lun_log_wants(const char *level);
/* level is "error", "warning", "info" or "debug"; "audit" (a change) is always written. */
void lun_log(const char *level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Writes the message, escaped as in the log. */
void lun_log_write(struct lun_out *out, const char *message);
