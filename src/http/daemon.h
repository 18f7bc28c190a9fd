#pragma once
/* The life of the server. main() hands it to vm/server_state, whose Lua function serve() calls
 * it. */
#include "vm/server_state.h"

/* Serves until SIGINT or SIGTERM. 0, or -1 with *err (malloc'd): one line. */
int lun_http_serve(const struct lun_serve_options *options, char **err);
