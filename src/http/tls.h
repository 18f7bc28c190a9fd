#pragma once
/*
 * TLS 1.2 and 1.3: the certificate, its key, and the authorities whose client certificates are
 * asked for. Files that change are read again by the next connection. One a process.
 */
#include <stdbool.h>

#include "vm/server_state.h"

/* Reads the files that the options name; nothing happens where they name none. 0, or -1 with *err
 * (malloc'd). */
int lun_tls_open(const struct lun_serve_options *options, char **err);
void lun_tls_close(void);
/* For civetweb: an SSL_CTX, or NULL when no certificate was given. */
void *lun_tls_context(void);
