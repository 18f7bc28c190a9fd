#pragma once
/* The server's log: one line (a traceback: several) on stderr, whole even from many threads. */

/* level is "error", "warning" or "info". */
void lun_log(const char *level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
