#pragma once
/*
 * The server's side for Lua: require("lunette.core.server") starts it and reports its state. The
 * server itself is src/http, a higher layer; main() registers it here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/pool.h"

struct lun_serve_options {
	struct lun_pool_config pool;
	const char *const *listen; /* "ADDR:PORT" strings; NULL-terminated, like the other lists */
	const char *const
		*hosts; /* host names that are accepted in a Host header, besides our own */
	const char *const *origins;
	const char *token;  /* NULL: none */
	const char *tokens; /* a file of tokens and what each allows, or NULL */
	/* Files in PEM. No certificate: no TLS; no key: it is beside the certificate. */
	const char *tls_cert, *tls_key, *tls_client_ca;
	const char *version; /* Lunette's */
	bool allow_write, allow_eval, no_auth, keep_capabilities;
	bool watch; /* reload all scripts when one of them changes */
	size_t body_limit;
	unsigned connections; /* most connections at a time, of all kinds */
};

/* Serves until SIGINT or SIGTERM. 0, or -1 with *err (malloc'd): one line. */
typedef int (*lun_serve_fn)(const struct lun_serve_options *options, char **err);

void lun_server_set(lun_serve_fn serve, const struct lun_vm_config *vm);
/* Sets the pool that state() reports; NULL when it has ended. */
void lun_server_pool(struct lun_pool *pool);
/* Adds an error of a script or service to the list; the oldest are dropped. */
void lun_server_error(const char *script, const char *message);
/* Counts a reload of the scripts: true when it succeeded, which also clears the old errors. */
void lun_server_reloaded(bool ok);
/* Counts one answer by its status code. */
void lun_server_answered(int status);

/* Returns the reason why the process can't do its work, or NULL. Called for each report. The text
 * is static. */
typedef const char *(*lun_server_unready_fn)(void);
void lun_server_set_unready(lun_server_unready_fn lack);
const char *lun_server_unready(void);

/* Whether requests wait or run beside the one that asks. */
bool lun_server_busy(void);

/* A summary for /healthz. */
struct lun_server_summary {
	bool degraded; /* a script failed or is stuck, or lun_server_unready() gives a reason */
	const char *version;
	double uptime; /* seconds */
	unsigned generation;
	unsigned workers;          /* VMs that answer; 0: all are stuck */
	unsigned stuck;            /* VMs that are stuck in C code, and were given up */
	unsigned services_waiting; /* for the end of a predecessor that is stuck */
};
void lun_server_summary(struct lun_server_summary *summary);
/* Writes a JSON array: the reason of lun_server_unready(), if any, and the scripts' errors. */
struct lun_out;
void lun_server_write_errors(struct lun_out *out);
