#pragma once
/*
 * The server as Lua sees it: require("lunette.core.server") starts it, and tells of its state.
 * What serves is above this layer (src/http); main hands it in.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vm/pool.h"

struct lun_serve_options {
	struct lun_pool_config pool;
	const char *const *listen; /* "ADDR:PORT", NULL-terminated, as are the others */
	const char *const *hosts;  /* names that a Host header may have, beside our own */
	const char *const *origins;
	const char *token; /* NULL: none */
	bool allow_write, allow_eval, no_auth, keep_capabilities;
	bool watch; /* a script that changes is loaded again, with all others */
	size_t body_limit;
	unsigned connections; /* at once, of all kinds */
};

/* Serves until SIGINT or SIGTERM. 0, or -1 with *err (malloc'd): one line. */
typedef int (*lun_serve_fn)(const struct lun_serve_options *options, char **err);

void lun_server_set(lun_serve_fn serve, const struct lun_vm_config *vm);
/* The pool that serves, for state(); NULL: none any more. */
void lun_server_pool(struct lun_pool *pool);
/* Remembers what went wrong with a script or service; the newest are kept. */
void lun_server_error(const char *script, const char *message);
/* The scripts were loaded again (true), or their loading failed. Success forgets old errors. */
void lun_server_reloaded(bool ok);
/* One more answer of that status. */
void lun_server_answered(int status);
