#pragma once
/* /healthz and /readyz, answered without a VM. */
#include <stdbool.h>

#include "http/http.h"
#include "text/out.h"

bool lun_health_is_path(const char *path);
/* Writes the body for the path and returns its status: 503 when /readyz is not ready. detailed:
 * includes the scripts' errors, for clients that may read. */
int lun_health_write(struct lun_out *out, const char *path, bool detailed);
/* Writes a whole response, without details, that closes its connection. Writes nothing when the
 * request has another method than GET and HEAD, or another target. */
void lun_health_write_response(struct lun_out *out, const char *method, const char *target);
/* Answers a request for one of the paths. */
void lun_health_answer(struct mg_connection *conn, bool detailed);
