#pragma once
/* The server's log: one line (a traceback: several) on stderr, whole even from many threads. */

#include <stdbool.h>

/* Whether lines of this level are written: LUNETTE_LOG is the least, "info" where it is not set. */
bool lun_log_wants(const char *level);
/* level is "error", "warning", "info" or "debug". */
void lun_log(const char *level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
