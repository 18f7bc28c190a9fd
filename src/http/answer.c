#include "http/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "http/guard.h"
#include "text/gzip.h"
#include "text/json.h"

enum { GZIP_FROM = 1024 };

/* Scripts come from this server alone. Styles may be inline, because the editor and the charts set
 * them so. */
static const char csp[] =
	"Content-Security-Policy: default-src 'none'; script-src 'self'; "
	"style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
	"connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
	"form-action 'none'; frame-ancestors 'none'\r\n";
static const char safety[] = "X-Content-Type-Options: nosniff\r\n"
			     "Referrer-Policy: no-referrer\r\n"
			     "Cross-Origin-Resource-Policy: same-origin\r\n"
			     "Cross-Origin-Opener-Policy: same-origin\r\n";

static const struct mg_request_info *info_of(struct mg_connection *conn)
{
	return mg_get_request_info(conn);
}

/* A request that could not be parsed has no version, or no info at all. */
static bool is_http_1_0(const struct mg_request_info *info)
{
	return !info || !info->http_version || strcmp(info->http_version, "1.1") != 0;
}

static bool wants_close(const struct mg_request_info *info)
{
	const char *value;

	if (is_http_1_0(info))
		return true;
	value = lun_header(info, "Connection");
	return value && strcasecmp(value, "close") == 0;
}

static bool is_head(const struct mg_request_info *info)
{
	return info && info->request_method && strcmp(info->request_method, "HEAD") == 0;
}

/* True when a part of Accept-Encoding such as "gzip;q=0.5" names the coding; *weight is its q. */
static bool names_coding(const char *item, const char *coding, bool *taken)
{
	size_t len = strlen(coding);
	const char *q;

	item += strspn(item, " \t");
	if (strncasecmp(item, coding, len) != 0 || !strchr(";, \t", item[len]))
		return false;
	q = item + len + strspn(item + len, "; \t");
	*taken = strncasecmp(q, "q=", 2) != 0 || strtod(q + 2, NULL) > 0;
	return true;
}

bool lun_accepts_gzip(const struct mg_request_info *info)
{
	const char *item = lun_header(info, "Accept-Encoding");
	bool taken = false, other = false;

	for (; item; item = strchr(item, ',') ? strchr(item, ',') + 1 : NULL) {
		if (names_coding(item, "gzip", &taken))
			return taken;
		names_coding(item, "*", &other);
	}
	return other;
}

static bool has_line(const char *headers, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = headers; line && *line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			return true;
	}
	return false;
}

static void write_date(struct lun_out *out)
{
	time_t now = time(NULL);
	char date[64];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
	lun_out_str(out, date);
}

static void end_string(struct lun_out *out)
{
	lun_out_char(out, '\0');
	if (!out->err)
		out->len--;
}

/* Lets a page of an origin that --allow-origin names read the answer (CORS). */
static void write_cors(struct mg_connection *conn, struct lun_out *out)
{
	struct lun_http *http = mg_get_user_data(mg_get_context(conn));
	const char *origin = lun_guard_allowed_origin(http, info_of(conn));

	if (!http->options->origins[0])
		return;
	lun_out_str(out, "Vary: Origin\r\n");
	if (origin)
		lun_out_printf(out,
			"Access-Control-Allow-Origin: %s\r\n"
			"Access-Control-Expose-Headers: ETag, Retry-After, WWW-Authenticate, "
			"X-Lunette-Note\r\n",
			origin);
}

bool lun_answer_preflight(struct mg_connection *conn)
{
	const struct mg_request_info *info = info_of(conn);
	const char *headers = lun_header(info, "Access-Control-Request-Headers");
	struct lun_content content = { 0 };
	struct lun_out lines;

	if (strcmp(info->request_method, "OPTIONS") != 0 ||
		!lun_header(info, "Access-Control-Request-Method") ||
		!lun_guard_allowed_origin(mg_get_user_data(mg_get_context(conn)), info))
		return false;
	lun_out_init(&lines);
	lun_out_str(&lines,
		"Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE\r\n"
		"Access-Control-Max-Age: 600\r\n");
	if (headers)
		lun_out_printf(&lines, "Access-Control-Allow-Headers: %s\r\n", headers);
	if (lun_header(info, "Access-Control-Request-Private-Network"))
		lun_out_str(&lines, "Access-Control-Allow-Private-Network: true\r\n");
	end_string(&lines);
	content.headers = lines.data;
	lun_answer_content(conn, 204, &content);
	lun_out_free(&lines);
	return true;
}

static void begin_head(struct mg_connection *conn, struct lun_out *out, int status,
	const char *headers, bool close)
{
	lun_out_init(out);
	lun_out_printf(out, "HTTP/1.1 %d %s\r\n", status, mg_get_response_code_text(conn, status));
	write_date(out);
	if (close || wants_close(info_of(conn))) {
		mg_disable_connection_keep_alive(conn);
		lun_out_str(out, "Connection: close\r\n");
	}
	lun_out_str(out, safety);
	write_cors(conn, out);
	if (!has_line(headers, "content-security-policy"))
		lun_out_str(out, csp);
	if (!has_line(headers, "cache-control"))
		lun_out_str(out, "Cache-Control: no-store\r\n");
	lun_out_str(out, headers ? headers : "");
	lun_server_answered(status);
}

static bool write_out(struct mg_connection *conn, struct lun_out *out)
{
	bool ok = !out->err && mg_write(conn, out->data, out->len) == (int)out->len;

	lun_out_free(out);
	return ok;
}

static bool has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

/* An answer to HEAD without a body has no Content-Length, because GET's length is not known. */
static bool has_length(struct mg_connection *conn, int status, size_t len)
{
	return has_body(status) && (len > 0 || !is_head(info_of(conn)));
}

static void write_content(struct mg_connection *conn, int status, const char *headers,
	const void *data, size_t len, bool close)
{
	struct lun_out out;

	begin_head(conn, &out, status, headers, close);
	if (has_length(conn, status, len))
		lun_out_printf(&out, "Content-Length: %zu\r\n", len);
	lun_out_str(&out, "\r\n");
	if (has_body(status) && !is_head(info_of(conn)))
		lun_out_mem(&out, data, len);
	write_out(conn, &out);
}

void lun_answer_content(struct mg_connection *conn, int status, const struct lun_content *content)
{
	write_content(conn, status, content->headers, content->data, content->len, false);
}

void lun_answer_error(struct mg_connection *conn, int status, const char *message,
	const char *headers, bool close)
{
	struct lun_out body, lines;

	lun_out_init(&body);
	lun_out_init(&lines);
	lun_out_str(&body, "{\"error\":{\"message\":");
	lun_json_str(&body, message, strlen(message));
	lun_out_str(&body, "}}\n");
	lun_out_printf(&lines, "Content-Type: application/json\r\n%s", headers ? headers : "");
	write_content(conn, status, lines.data, body.data, body.len, close);
	lun_out_free(&lines);
	lun_out_free(&body);
}

/* True for text without a Content-Encoding: only text gets shorter by gzip. */
static bool can_shrink(const char *headers)
{
	const char *type = headers ? strcasestr(headers, "content-type:") : NULL;
	char line[128];

	if (!type || has_line(headers, "content-encoding"))
		return false;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(type, "\r\n"), type);
	return strcasestr(line, "text/") || strcasestr(line, "json") ||
		strcasestr(line, "javascript") || strcasestr(line, "xml");
}

static void add_gzip_headers(struct lun_out *headers, bool used)
{
	if (used)
		lun_out_str(headers, "Content-Encoding: gzip\r\n");
	lun_out_str(headers, "Vary: Accept-Encoding\r\n");
	end_string(headers);
}

static void answer_body(struct mg_connection *conn, struct lun_reply *reply)
{
	bool shrink = reply->body.len >= GZIP_FROM && can_shrink(reply->headers.data);
	struct lun_out packed;

	lun_out_init(&packed);
	if (shrink && lun_accepts_gzip(info_of(conn)) &&
		lun_gzip(&packed, reply->body.data, reply->body.len) == 0) {
		add_gzip_headers(&reply->headers, true);
		write_content(
			conn, reply->status, reply->headers.data, packed.data, packed.len, false);
	} else {
		if (shrink)
			add_gzip_headers(&reply->headers, false);
		write_content(conn, reply->status, reply->headers.data, reply->body.data,
			reply->body.len, false);
	}
	lun_out_free(&packed);
}

enum { CHUNK_HEAD = 10 };

/* Appends the next part of the source to out, leaving room for a chunk's head. 1; 0 at the end;
 * -errno. */
static int pull(struct lun_source *source, struct lun_out *out)
{
	int more;

	lun_out_reset(out);
	lun_out_str(out, "00000000\r\n");
	do {
		more = source->pull(source, out);
	} while (more > 0 && out->len == CHUNK_HEAD && !out->err);
	return out->err ? out->err : more;
}

static bool write_chunk(struct mg_connection *conn, struct lun_out *out, bool chunked)
{
	size_t len = out->len - CHUNK_HEAD;
	char head[CHUNK_HEAD + 1];

	if (len == 0)
		return true;
	if (!chunked)
		return mg_write(conn, out->data + CHUNK_HEAD, len) == (int)len;
	snprintf(head, sizeof(head), "%08x\r\n", (unsigned)len);
	memcpy(out->data, head, CHUNK_HEAD);
	lun_out_str(out, "\r\n");
	return !out->err && mg_write(conn, out->data, out->len) == (int)out->len;
}

/* Ends the body. The source's remark ("truncated", for example) is sent as a trailer when the body
 * is not compressed. */
static void write_end(struct mg_connection *conn, const char *note)
{
	if (note)
		mg_printf(conn, "0\r\nX-Lunette-Note: %s\r\n\r\n", note);
	else
		mg_write(conn, "0\r\n\r\n", 5);
}

/* Writes the part already pulled, and the rest. After an error in the middle the connection is cut,
 * so that the client can't take a part for the whole. */
static void drain(
	struct mg_connection *conn, struct lun_source *source, struct lun_out *out, int more)
{
	bool chunked = !is_http_1_0(info_of(conn));

	for (;;) {
		if (more < 0 || !write_chunk(conn, out, chunked)) {
			mg_disable_connection_keep_alive(conn);
			return;
		}
		if (more == 0)
			break;
		more = pull(source, out);
	}
	if (chunked)
		write_end(conn, lun_source_note(source));
}

static void send_source_head(struct mg_connection *conn, struct lun_reply *reply)
{
	struct lun_out head;

	end_string(&reply->headers);
	begin_head(conn, &head, reply->status, reply->headers.data, false);
	if (!is_http_1_0(info_of(conn)))
		lun_out_str(&head, "Transfer-Encoding: chunked\r\nTrailer: X-Lunette-Note\r\n");
	lun_out_str(&head, "\r\n");
	write_out(conn, &head);
}

static void answer_source(struct mg_connection *conn, struct lun_reply *reply)
{
	struct lun_source *source = reply->source, *packed;
	struct lun_out out;
	int more;

	reply->source = NULL;
	end_string(&reply->headers);
	if (can_shrink(reply->headers.data) && lun_accepts_gzip(info_of(conn)) &&
		!is_head(info_of(conn))) {
		packed = lun_gzip_source(source);
		if (!packed) {
			lun_answer_error(conn, 500, "not enough memory", NULL, false);
			return;
		}
		source = packed;
		add_gzip_headers(&reply->headers, true);
	}
	lun_out_init(&out);
	more = is_head(info_of(conn)) ? 0 : pull(source, &out);
	if (more < 0) {
		lun_answer_error(conn, 500, strerror(-more), NULL, false);
	} else {
		send_source_head(conn, reply);
		if (!is_head(info_of(conn)))
			drain(conn, source, &out, more);
	}
	lun_out_free(&out);
	source->close(source);
}

void lun_answer_reply(struct mg_connection *conn, struct lun_reply *reply)
{
	end_string(&reply->headers);
	if (reply->source)
		answer_source(conn, reply);
	else
		answer_body(conn, reply);
}

bool lun_answer_events(struct mg_connection *conn, struct lun_reply *reply)
{
	struct lun_out head;

	end_string(&reply->headers);
	begin_head(conn, &head, reply->status, reply->headers.data, true);
	lun_out_str(&head, "Content-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n\r\n");
	return write_out(conn, &head);
}
