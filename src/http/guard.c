#include "http/guard.h"
#include "http/tokens.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

const char *lun_header(const struct mg_request_info *info, const char *name)
{
	for (int i = 0; i < info->num_headers; i++) {
		if (strcasecmp(info->http_headers[i].name, name) == 0)
			return info->http_headers[i].value;
	}
	return NULL;
}

static int count_header(const struct mg_request_info *info, const char *name)
{
	int count = 0;

	for (int i = 0; i < info->num_headers; i++)
		count += strcasecmp(info->http_headers[i].name, name) == 0;
	return count;
}

static bool refuse(struct lun_refusal *refusal, int status, const char *message)
{
	*refusal = (struct lun_refusal){ status, message };
	return false;
}

static bool is_length(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool check_framing(const struct mg_request_info *info, struct lun_refusal *refusal)
{
	const char *encoding = lun_header(info, "Transfer-Encoding");
	const char *length = lun_header(info, "Content-Length");

	if (count_header(info, "Content-Length") > 1)
		return refuse(refusal, 400, "more than one Content-Length");
	if (length && !is_length(length))
		return refuse(refusal, 400, "Content-Length is no number");
	if (count_header(info, "Transfer-Encoding") > 1)
		return refuse(refusal, 400, "more than one Transfer-Encoding");
	if (encoding && length)
		return refuse(refusal, 400, "Transfer-Encoding together with Content-Length");
	if (encoding && strcasecmp(encoding, "chunked") != 0)
		return refuse(refusal, 501, "unknown Transfer-Encoding");
	return true;
}

static bool in_list(const char *const *list, const char *name)
{
	for (; *list; list++) {
		if (strcasecmp(*list, name) == 0)
			return true;
	}
	return false;
}

static bool is_address(const char *name)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static bool is_own_name(const char *name)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	return strcasecmp(name, host) == 0;
}

/* True for "" or ":" and a port number. */
static bool is_port(const char *text)
{
	size_t digits;

	if (!*text)
		return true;
	digits = strspn(text + 1, "0123456789");
	return *text == ':' && digits <= 5 && text[1 + digits] == '\0';
}

/* Copies the host of "host", "host:port" or "[v6]:port"; false for any other text. */
static bool host_name(const char *host, char *name, size_t size)
{
	static const char letters[] = "0123456789-._"
				      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	bool v6 = *host == '[';
	size_t len = v6 ? strspn(++host, "0123456789abcdefABCDEF:.") : strspn(host, letters);

	if (len == 0 || len >= size || (v6 && host[len] != ']') || !is_port(host + len + v6))
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return true;
}

/* True for our names and for any IP address. DNS rebinding can make a name point to us, but not an
 * address. */
static bool is_our_host(struct lun_http *http, const char *host)
{
	char name[256];

	if (!host_name(host, name, sizeof(name)))
		return false;
	return strcasecmp(name, "localhost") == 0 || is_address(name) ||
		in_list(http->options->hosts, name) || (!http->local && is_own_name(name));
}

static bool is_same_origin(const struct mg_request_info *info, const char *host, const char *origin)
{
	const char *scheme = info->is_ssl ? "https://" : "http://";
	size_t len = strlen(scheme);

	return host && strncasecmp(origin, scheme, len) == 0 && strcasecmp(origin + len, host) == 0;
}

static bool is_cross_site(const struct mg_request_info *info)
{
	const char *site = lun_header(info, "Sec-Fetch-Site");
	const char *mode = lun_header(info, "Sec-Fetch-Mode");

	return site && strcmp(site, "cross-site") == 0 && (!mode || strcmp(mode, "navigate") != 0);
}

/* For a target "http://HOST/path" HOST is checked as the Host header is. */
static bool is_our_target(struct lun_http *http, const char *target)
{
	char host[256];
	int len;

	if (!target || *target == '/' || !(target = strstr(target, "://")))
		return true;
	len = snprintf(host, sizeof(host), "%.*s", (int)strcspn(target + 3, "/?"), target + 3);
	return len < (int)sizeof(host) && is_our_host(http, host);
}

const char *lun_guard_allowed_origin(struct lun_http *http, const struct mg_request_info *info)
{
	const char *origin = info ? lun_header(info, "Origin") : NULL;

	return origin && in_list(http->options->origins, origin) ? origin : NULL;
}

/* HTTP/1.0 health checks send no Host. Browsers always send one, so no web page can send such a
 * request. */
static bool is_http_1_0(const struct mg_request_info *info)
{
	return info->http_version && strcmp(info->http_version, "1.0") == 0;
}

static bool check_origin(
	struct lun_http *http, const struct mg_request_info *info, struct lun_refusal *refusal)
{
	const char *host = lun_header(info, "Host");
	const char *origin = lun_header(info, "Origin");

	if (count_header(info, "Host") > 1 || count_header(info, "Origin") > 1)
		return refuse(refusal, 400, "more than one Host or Origin header");
	if (!host && !is_http_1_0(info))
		return refuse(refusal, 400, "a Host header is needed");
	if ((host && !is_our_host(http, host)) || !is_our_target(http, info->request_uri))
		return refuse(refusal, 403,
			"foreign Host: --allow-host NAME names a host that this server answers "
			"for");
	if (lun_guard_allowed_origin(http, info))
		return true;
	if (origin ? !is_same_origin(info, host, origin) : is_cross_site(info))
		return refuse(refusal, 403,
			"foreign Origin: --allow-origin ORIGIN names a web page that may send "
			"requests");
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX in place and leaves malformed codes as they are. False for %00. */
static bool decode_path(char *path)
{
	char *to = path;

	for (const char *at = path; *at; at++) {
		int high = *at == '%' ? hex_digit(at[1]) : -1;
		int low = high >= 0 ? hex_digit(at[2]) : -1;

		if (low >= 0)
			at += 2;
		*to++ = low >= 0 ? (char)(high << 4 | low) : *at;
		if (to[-1] == '\0')
			return false;
	}
	*to = '\0';
	return true;
}

/* True when a part of the path is "." or "..". civetweb has resolved plain ones; encoded ones
 * ("%2e%2e", "a%2f..") would lead a script, or a proxy's rule, to another path. */
static bool has_dots(const char *path)
{
	for (; path; path = strchr(path, '/')) {
		size_t len = strcspn(path += *path == '/', "/");

		if ((len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
			return true;
	}
	return false;
}

/* Decodes the path here, because civetweb would cut it at %00. */
static bool check_path(const struct mg_request_info *info, struct lun_refusal *refusal)
{
	if (!info->local_uri)
		return refuse(refusal, 400, "no path");
	if (!decode_path((char *)info->local_uri))
		return refuse(refusal, 400, "the path holds a NUL");
	if (has_dots(info->local_uri))
		return refuse(refusal, 400, "the path holds an encoded '.' or '..'");
	return true;
}

bool lun_guard_check(
	struct lun_http *http, const struct mg_request_info *info, struct lun_refusal *refusal)
{
	return check_framing(info, refusal) && check_origin(http, info, refusal) &&
		check_path(info, refusal);
}

/* Compares in constant time, so that the duration says nothing about the token. */
static bool same_secret(const char *a, const char *b)
{
	size_t len = strlen(a), given = strlen(b);
	unsigned char differ = len != given;

	for (size_t i = 0; i < given; i++)
		differ |= (unsigned char)(a[len ? i % len : 0] ^ b[i]);
	return !differ;
}

/* Reads the token in hex. A browser's WebSocket sends no headers of its own, so its token travels
 * in hex as a subprotocol. */
static bool read_hex(const char *hex, size_t len, char *token)
{
	if (len % 2 || len > 2 * LUN_TOKEN_MAX)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);

		if (high < 0 || low < 0)
			return false;
		token[i / 2] = (char)(high << 4 | low);
	}
	token[len / 2] = '\0';
	return true;
}

/* "Sec-WebSocket-Protocol: graphql-transport-ws, bearer.HEX" */
static bool read_protocol(const struct mg_request_info *info, char *token)
{
	const char *list = lun_header(info, "Sec-WebSocket-Protocol");
	const char *item = list ? strstr(list, "bearer.") : NULL;

	if (!item || (item != list && item[-1] != ' ' && item[-1] != ','))
		return false;
	item += strlen("bearer.");
	return read_hex(item, strcspn(item, ", "), token);
}

/* "Authorization: Bearer TOKEN" */
static bool read_token(const struct mg_request_info *info, char *token)
{
	const char *value = lun_header(info, "Authorization");

	if (!value || strncasecmp(value, "Bearer ", 7) != 0)
		return read_protocol(info, token);
	if (strlen(value + 7) > LUN_TOKEN_MAX)
		return false;
	strcpy(token, value + 7);
	return true;
}

/* --token-file's token allows what the server allows; those of --tokens what their roles say. */
static bool find_user(
	struct lun_http *http, const struct mg_request_info *info, struct lun_user *user)
{
	char token[LUN_TOKEN_MAX + 1];

	if (!read_token(info, token))
		return false;
	if (http->options->token && same_secret(http->options->token, token)) {
		*user = (struct lun_user){ "token", http->options->allow_write,
			http->options->allow_eval };
		return true;
	}
	return lun_tokens_find(token, user);
}

void lun_guard_rights(
	struct lun_http *http, const struct mg_request_info *info, struct lun_request *request)
{
	struct lun_user user = { 0 };
	bool known = find_user(http, info, &user);

	snprintf(request->user, sizeof(request->user), "%s", user.name);
	request->authorized = known || http->local || http->options->no_auth;
	request->can_write = user.can_write;
	request->can_eval = user.can_eval;
}

bool lun_guard_is_local(const char *listen)
{
	char name[256];

	if (strncmp(listen, "unix:", 5) == 0)
		return true;
	if (!strchr(listen, ':') || !host_name(listen, name, sizeof(name)))
		return false;
	return strncmp(name, "127.", 4) == 0 || strcmp(name, "::1") == 0;
}
