#pragma once
/*
 * The server's log on stderr. A record is one line that begins with its time; the lines of a
 * traceback follow it, each with a tab before it. What a terminal would obey, newlines of foreign
 * text and bytes that are no UTF-8 are written as \n, \x1b, \u{202e}; a message of more than 8 KiB
 * is cut.
 */
#include "text/out.h"

#include <stdbool.h>

/* Whether lines of this level are written: LUNETTE_LOG is the least, "info" where it is not set. */
bool lun_log_wants(const char *level);
/* level is "error", "warning", "info" or "debug"; "audit", of a change, is always written. */
void lun_log(const char *level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The message as it stands in the log. */
void lun_log_write(struct lun_out *out, const char *message);
