#pragma once
/*
 * TLS 1.2 and 1.3: the certificate, its key, and the authorities that must have signed clients'
 * certificates. Changed files are read again at the next connection. One per process.
 */
#include <stdbool.h>

#include "vm/server_state.h"

/* Reads the files named in the options; does nothing without them. 0, or -1 with *err
 * (malloc'd). */
int lun_tls_open(const struct lun_serve_options *options, char **err);
void lun_tls_close(void);
/* An SSL_CTX for civetweb; NULL without a certificate. */
void *lun_tls_context(void);
