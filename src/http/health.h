#pragma once
/* /healthz and /readyz, answered without a VM. */
#include <stdbool.h>

#include "http/http.h"
#include "text/out.h"

bool lun_health_is_path(const char *path);
/* The body for the path, and its status: 503 when /readyz is not ready. detailed: with the
 * errors of scripts, for clients that may read. */
int lun_health_write(struct lun_out *out, const char *path, bool detailed);
/* A whole response, which ends its connection, without details. Writes nothing for methods other
 * than GET and HEAD, and for other targets. */
void lun_health_write_response(struct lun_out *out, const char *method, const char *target);
/* Answers a request for one of the paths. */
void lun_health_answer(struct mg_connection *conn, bool detailed);
