#pragma once
/*
 * Which requests are allowed: refuses ambiguous framing; checks Host and Origin, so that no foreign
 * web page reaches a local explorer; checks the token.
 */
#include "http/http.h"

struct lun_refusal {
	int status;
	const char *message;
};

/* Checks a request and decodes its path; call it once a request. True when it may go on; false with
 * the refusal. */
bool lun_guard_check(
	struct lun_http *http, const struct mg_request_info *info, struct lun_refusal *refusal);
/* Fills authorized, can_write and can_eval by the request's token. */
void lun_guard_rights(
	struct lun_http *http, const struct mg_request_info *info, struct lun_request *request);
/* The request's Origin when --allow-origin names it; else NULL. */
const char *lun_guard_allowed_origin(struct lun_http *http, const struct mg_request_info *info);
/* True when the address ("127.0.0.1:80", "[::1]:80", "unix:/path") is reachable from this machine
 * only. */
bool lun_guard_is_local(const char *listen);

/* The header's value; NULL when it is missing. */
const char *lun_header(const struct mg_request_info *info, const char *name);
