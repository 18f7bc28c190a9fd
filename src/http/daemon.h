#pragma once
/* The server's life; main hands it to src/bind, where Lua's serve command calls it. */
#include "vm/server_state.h"

/* Serves until SIGINT or SIGTERM. 0, or -1 with *err (malloc'd): one line. */
int lun_http_serve(const struct lun_serve_options *options, char **err);
