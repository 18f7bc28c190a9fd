#pragma once
/*
 * Who may ask what: framing that could be read in two ways, Host and Origin (a web page
 * elsewhere must not reach a local explorer), and the token.
 */
#include "http/http.h"

struct lun_refusal {
	int status;
	const char *message;
};

/* True when the request may go on, its path decoded; else what to answer. Once a request. */
bool lun_guard_check(
	struct lun_http *http, const struct mg_request_info *info, struct lun_refusal *refusal);
/* Fills authorized, can_write and can_eval. */
void lun_guard_rights(
	struct lun_http *http, const struct mg_request_info *info, struct lun_request *request);
/* The request's Origin, when --allow-origin names it; else NULL. */
const char *lun_guard_allowed_origin(struct lun_http *http, const struct mg_request_info *info);
/* Is the address ("127.0.0.1:80", "[::1]:80", "unix:/path") on this machine alone? */
bool lun_guard_is_local(const char *listen);

/* The header's value, or NULL. */
const char *lun_header(const struct mg_request_info *info, const char *name);
