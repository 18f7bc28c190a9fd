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
	const char *token;   /* NULL: none */
	const char *version; /* Lunette's */
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

/* Why the process can't do its work, or NULL: asked for each time. The text is static. */
typedef const char *(*lun_server_lack_fn)(void);
void lun_server_set_lack(lun_server_lack_fn lack);
const char *lun_server_lack(void);

/* The state in short, for /healthz. */
struct lun_server_summary {
	bool degraded; /* a script or service failed, or lun_server_lack() has a reason */
	const char *version;
	double uptime; /* seconds */
	unsigned generation;
};
void lun_server_summary(struct lun_server_summary *summary);
/* A JSON array: of the lack, if there is one, and of the errors of scripts. */
struct lun_out;
void lun_server_write_errors(struct lun_out *out);
