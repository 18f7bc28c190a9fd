/* Handles a request, from its first check to its answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vm/vm.h"
#include "http/answer.h"
#include "http/guard.h"
#include "http/health.h"
#include "http/live.h"
#include "http/static.h"
#include "http/wire.h"
#include "text/log.h"
#include "text/monotonic.h"

enum { READ_SIZE = 64 << 10 };

static void ask_for_body(struct mg_connection *conn, const struct mg_request_info *info)
{
	const char *expect = lun_header(info, "Expect");

	if (expect && strcasecmp(expect, "100-continue") == 0)
		mg_write(conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

/* Reads the whole body, at most one byte more than the limit. 0, -EMSGSIZE, -EIO, -ENOMEM. */
static int read_all(struct mg_connection *conn, struct lun_out *body, size_t limit)
{
	for (;;) {
		size_t want = limit + 1 - body->len < READ_SIZE ? limit + 1 - body->len : READ_SIZE;
		char *room = lun_out_reserve(body, want);
		int n;

		if (!room)
			return -ENOMEM;
		n = mg_read(conn, room, want);
		if (n <= 0)
			return n < 0 ? -EIO : 0;
		body->len += (size_t)n;
		if (body->len > limit)
			return -EMSGSIZE;
	}
}

static int read_body(struct mg_connection *conn, struct lun_out *body, size_t limit)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	int err;

	if (info->content_length > 0 && (unsigned long long)info->content_length > limit)
		return -EMSGSIZE;
	if (info->content_length <= 0 && !lun_header(info, "Transfer-Encoding"))
		return 0;
	ask_for_body(conn, info);
	err = read_all(conn, body, limit);
	if (!err && info->content_length > 0 && body->len < (size_t)info->content_length)
		return -EIO;
	return err;
}

static bool get_body(struct lun_http *http, struct mg_connection *conn, struct lun_out *body)
{
	int err = read_body(conn, body, http->options->body_limit);

	if (err == -EMSGSIZE)
		lun_answer_error(conn, 413, "the body is too large", NULL, true);
	else if (err == -ENOMEM)
		lun_answer_error(conn, 503, "not enough memory", "Retry-After: 1\r\n", true);
	else if (err && lun_wire_was_slow())
		lun_answer_error(conn, 408, "the body came too slowly", NULL, true);
	else if (err)
		lun_answer_error(conn, 400, "the body is not complete", NULL, true);
	return !err;
}

/* Refuses compressed bodies: they would be taken for text. */
static bool check_encoding(struct mg_connection *conn)
{
	const char *encoding = lun_header(mg_get_request_info(conn), "Content-Encoding");

	if (!encoding || !*encoding || strcasecmp(encoding, "identity") == 0)
		return true;
	lun_answer_error(conn, 415, "a body with a Content-Encoding is not read: send it as it is",
		"Accept-Encoding: identity\r\n", true);
	return false;
}

static bool is_upgrade(const struct mg_request_info *info)
{
	const char *upgrade = lun_header(info, "Upgrade");

	return upgrade && strcasecmp(upgrade, "websocket") == 0;
}

static void fill_request(
	struct lun_http *http, const struct mg_request_info *info, struct lun_request *request)
{
	_Static_assert(sizeof(struct lun_header) == sizeof(struct mg_header), "the same layout");
	*request = (struct lun_request){
		.method = info->request_method,
		.path = info->local_uri,
		.query = info->query_string,
		.remote = info->remote_addr,
		.headers = (const struct lun_header *)info->http_headers,
		.headers_len = (size_t)info->num_headers,
		.websocket = is_upgrade(info),
	};
	lun_guard_rights(http, info, request);
}

static void answer_refused(struct mg_connection *conn, int err)
{
	if (err == -EDEADLK)
		lun_answer_error(conn, 503,
			"all VMs are stuck in C code of scripts; see the server's log",
			"Retry-After: 5\r\n", false);
	else if (err == -EBUSY)
		lun_answer_error(conn, 503, "too many requests wait", "Retry-After: 1\r\n", false);
	else
		lun_answer_error(conn, 503, "the server ends", "Retry-After: 5\r\n", true);
}

/* Live connections may take only a part of the threads, so that requests find one. */
static bool has_room(struct lun_http *http)
{
	if (atomic_fetch_add(&http->live, 1) < http->live_limit)
		return true;
	atomic_fetch_sub(&http->live, 1);
	return false;
}

/* Runs a live connection. A WebSocket stays counted until on_close() in websocket.c. */
static int go_live(
	struct lun_http *http, struct mg_connection *conn, struct lun_reply *reply, bool websocket)
{
	if (!has_room(http)) {
		lun_answer_error(
			conn, 503, "too many live connections", "Retry-After: 5\r\n", true);
		return 503;
	}
	if (websocket && lun_websocket_prepare(conn, reply))
		return 0;
	if (!websocket) {
		atomic_fetch_sub(&http->in_flight, 1); // a shutdown does not wait for it
		lun_events_run(conn, reply);
		atomic_fetch_add(&http->in_flight, 1);
	}
	atomic_fetch_sub(&http->live, 1);
	return reply->status;
}

static int answer(struct lun_http *http, struct mg_connection *conn,
	const struct lun_request *request, struct lun_out *body)
{
	struct lun_reply reply;
	int err = lun_request_run(http->pool, request, body, &reply), status;

	if (err) {
		answer_refused(conn, err);
		return 503;
	}
	status = reply.status;
	if (reply.conn)
		status = go_live(http, conn, &reply, request->websocket);
	else if (!reply.unrouted || !lun_static_rest(conn, http->options->pool.vm->root))
		lun_answer_reply(conn, &reply);
	lun_reply_free(&reply);
	return status;
}

/* "OPTIONS *" asks for the whole server. */
static void answer_options(struct mg_connection *conn)
{
	static const struct lun_content content = {
		.headers = "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"
	};

	lun_answer_content(conn, 204, &content);
}

static bool answer_without_vm(struct lun_http *http, struct mg_connection *conn)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	struct lun_request request;

	if (lun_answer_preflight(conn))
		return true;
	if (strcmp(info->local_uri, "*") == 0) {
		answer_options(conn);
	} else if (lun_health_is_path(info->local_uri)) {
		lun_guard_rights(http, info, &request);
		lun_health_answer(conn, request.authorized);
	} else {
		return false;
	}
	return true;
}

static int run(struct lun_http *http, struct mg_connection *conn)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	struct lun_request request;
	struct lun_out body;
	int status = 400;

	if (!is_upgrade(info) && answer_without_vm(http, conn))
		return 200;
	if (is_upgrade(info) ? !lun_websocket_check(conn)
			     : lun_static_answer(conn, http->options->pool.vm->root))
		return 200;
	lun_out_init(&body);
	if (check_encoding(conn) && get_body(http, conn, &body)) {
		fill_request(http, info, &request);
		status = answer(http, conn, &request, &body);
	}
	lun_out_free(&body);
	return status;
}

static int check_and_run(struct lun_http *http, struct mg_connection *conn)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	struct lun_refusal refusal;

	if (atomic_load(&http->draining)) {
		answer_refused(conn, -ESHUTDOWN);
		return 503;
	}
	if (!lun_guard_check(http, info, &refusal)) {
		lun_answer_error(conn, refusal.status, refusal.message, NULL, true);
		return refusal.status;
	}
	return run(http, conn);
}

/* civetweb goes on by itself when 0 is returned: for WebSocket handshakes only. */
int lun_http_handle(struct mg_connection *conn)
{
	struct lun_http *http = mg_get_user_data(mg_get_context(conn));
	const struct mg_request_info *info = mg_get_request_info(conn);
	uint64_t began = lun_monotonic_ms();
	int status;

	atomic_fetch_add(&http->in_flight, 1);
	status = check_and_run(http, conn);
	lun_log("debug", "%s %s %s: %d, %llu ms", info->remote_addr, info->request_method,
		info->local_uri, status, (unsigned long long)(lun_monotonic_ms() - began));
	atomic_fetch_sub(&http->in_flight, 1);
	return status;
}
