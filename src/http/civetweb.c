#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/answer.h"
#include "http/guard.h"
#include "http/http.h"
#include "http/live.h"
#include "http/tls.h"
#include "http/tokens.h"
#include "http/wire.h"
#include "text/log.h"

enum { MAX_OPTIONS = 40, MAX_PORTS = 16 };

static int log_message(const struct mg_connection *conn, const char *message)
{
	struct lun_http *http = conn ? mg_get_user_data(mg_get_context(conn)) : NULL;

	if (http && !http->context && !http->error[0])
		snprintf(http->error, sizeof(http->error), "%s", message);
	return 1;
}

/* Called when civetweb itself refuses a request: malformed, too large or too slow. */
static int http_error(struct mg_connection *conn, int status, const char *message)
{
	const char *why = message && *message ? message : "refused";
	int known = lun_wire_refusal(&why);

	lun_answer_error(conn, known ? known : status, why, NULL, true);
	return 0;
}

static void end(const struct mg_connection *conn, int status)
{
	(void)status;
	lun_websocket_end(conn);
}

static const char *unix_path(const char *listen)
{
	return strncmp(listen, "unix:", 5) == 0 ? listen + 5 : NULL;
}

static void add_port(
	char *ports, size_t size, const char *prefix, const char *address, const char *suffix)
{
	size_t at = strlen(ports);

	snprintf(ports + at, size - at, "%s%s%s%s", at ? "," : "", prefix, address, suffix);
}

/* civetweb reads a path as a host name when a ':' follows, so paths come last. An 's' after a port
 * asks for TLS; a Unix socket needs none. */
static void join_ports(const char *const *listen, const char *tls, char *ports, size_t size)
{
	*ports = '\0';
	for (size_t i = 0; listen[i]; i++) {
		if (!unix_path(listen[i]))
			add_port(ports, size, "", listen[i], tls);
	}
	for (size_t i = 0; listen[i]; i++) {
		if (unix_path(listen[i]))
			add_port(ports, size, "x", unix_path(listen[i]), "");
	}
}

/* Removes a Unix socket that a killed process of ours left behind; no other kind of file. */
static void remove_stale(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int fd;

	if (lstat(path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) &&
		errno == ECONNREFUSED)
		unlink(path);
	if (fd >= 0)
		close(fd);
}

static void each_path(const char *const *listen, void (*call)(const char *path))
{
	for (; *listen; listen++) {
		if (unix_path(*listen))
			call(unix_path(*listen));
	}
}

static void remove_path(const char *path)
{
	unlink(path);
}

/* The reason why the server could not be started; malloc'd. */
static char *explain(const struct lun_http *http, const char *text)
{
	const char *said = http->error[0] ? http->error : text;
	int code = lun_wire_start_error(), n;
	char *err = NULL;

	if (code)
		n = asprintf(&err,
			"the server's threads can't be started: %s (ulimit -u, or the container's "
			"limit of pids)",
			strerror(code));
	else if (strstr(said, "bind") || strstr(said, "listen"))
		n = asprintf(&err, "%s; --listen ADDR:PORT takes another address", said);
	else
		n = asprintf(&err, "%s", said);
	return n < 0 ? NULL : err;
}

/* 1: the context is ours, civetweb neither changes nor frees it. */
static int give_tls(void **context, void *unused)
{
	(void)unused;
	*context = lun_tls_context();
	return 1;
}

static struct mg_context *start(struct lun_http *http, const char **options, char **err)
{
	struct mg_callbacks callbacks = {
		.begin_request = lun_http_handle,
		.end_request = end,
		.log_message = log_message,
		.http_error = http_error,
		.external_ssl_ctx = give_tls,
	};
	char text[256] = "";
	struct mg_error_data error = { .text = text, .text_buffer_size = sizeof(text) };
	struct mg_init_data init = {
		.callbacks = &callbacks, .user_data = http, .configuration_options = options
	};
	struct mg_context *context = mg_start2(&init, &error);

	if (!context)
		*err = explain(http, text);
	return context;
}

static struct mg_context *configure(struct lun_http *http, char **err)
{
	const struct lun_serve_options *o = http->options;
	char ports[4096], threads[16];
	const char *options[MAX_OPTIONS] = {
		"listening_ports",
		ports,
		"num_threads",
		threads,
		"connection_queue",
		"256",
		"max_request_size",
		"32768",
		"request_timeout_ms",
		"30000",
		"keep_alive_timeout_ms",
		"15000",
		"enable_keep_alive",
		"yes",
		"tcp_nodelay",
		"1",
		"websocket_timeout_ms",
		"20000",
		"enable_websocket_ping_pong",
		"yes",
		"access_control_allow_origin",
		"",
		"access_control_allow_methods",
		"",
		"access_control_allow_headers",
		"",
		"cgi_pattern",
		"",
		"ssi_pattern",
		"",
		"enable_directory_listing",
		"no",
		"enable_auth_domain_check",
		"no",
		"decode_url",
		"no",
		NULL,
	};

	join_ports(o->listen, lun_tls_context() ? "s" : "", ports, sizeof(ports));
	each_path(o->listen, remove_stale);
	lun_wire_open(o->connections);
	snprintf(threads, sizeof(threads), "%u", o->connections);
	return start(http, options, err);
}

static bool is_local(const char *const *listen)
{
	for (; *listen; listen++) {
		if (!lun_guard_is_local(*listen))
			return false;
	}
	return true;
}

/* The first option that this build has no feature for; NULL when it has all. */
static const char *unknown_option(const struct lun_serve_options *options)
{
	if (lun_wire_has_ipv6())
		return NULL;
	for (const char *const *listen = options->listen; *listen; listen++) {
		if (**listen == '[' || unix_path(*listen))
			return *listen;
	}
	return options->tls_cert ? "--tls-cert" : NULL;
}

struct lun_http *lun_http_start(
	const struct lun_serve_options *options, struct lun_pool *pool, char **err)
{
	struct lun_http *http = calloc(1, sizeof(*http));

	*err = NULL;
	if (unknown_option(options)) {
		if (asprintf(err,
			    "%s: this build has the system's civetweb, without IPv6, Unix sockets "
			    "and TLS",
			    unknown_option(options)) < 0)
			*err = NULL;
		free(http);
		return NULL;
	}
	if (!http)
		return NULL;
	http->options = options;
	http->pool = pool;
	http->local = is_local(options->listen);
	http->live_limit =
		options->connections - (options->connections > 64 ? 32 : options->connections / 2);
	if (lun_wire_missing())
		lun_log("warning", "%s", lun_wire_missing());
	mg_init_library(0);
	if (lun_tokens_open(options, err) == 0 && lun_tls_open(options, err) == 0)
		http->context = configure(http, err);
	if (!http->context) {
		lun_tls_close();
		lun_tokens_close();
		lun_wire_close();
		mg_exit_library();
		free(http);
		return NULL;
	}
	lun_websocket_register(http);
	return http;
}

/* The index of the listening port, not counting Unix sockets. */
static int port_number(const char *const *listen, int n)
{
	int paths = 0;

	for (int i = 0; i < n; i++)
		paths += unix_path(listen[i]) != NULL;
	return n - paths;
}

bool lun_http_url(struct lun_http *http, int n, char *url, size_t len)
{
	struct mg_server_port ports[MAX_PORTS];
	const char *const *list = http->options->listen;
	int count = mg_get_server_ports(http->context, MAX_PORTS, ports);
	const char *listen = list[n];
	const char *colon = listen ? strrchr(listen, ':') : NULL;

	if (!listen)
		return false;
	if (unix_path(listen))
		snprintf(url, len, "%s", listen);
	else if (colon && port_number(list, n) < count)
		snprintf(url, len, "%s://%.*s:%d/", lun_tls_context() ? "https" : "http",
			(int)(colon - listen), listen, ports[port_number(list, n)].port);
	else
		return false;
	return true;
}

static bool is_working(struct lun_http *http)
{
	struct lun_pool_figures figures;

	lun_pool_figures(http->pool, &figures);
	return figures.busy > 0 || figures.queued > 0;
}

/* Waits for requests only: the pool closes the live connections. */
void lun_http_drain(struct lun_http *http, double seconds, double working)
{
	enum { TICK_US = 10000 };

	atomic_store(&http->draining, true);
	for (double waited = 0; waited < working; waited += TICK_US / 1e6) {
		if (atomic_load(&http->in_flight) == 0)
			return;
		if (waited >= seconds && !is_working(http))
			return;
		usleep(TICK_US);
	}
}

void lun_http_cut(struct lun_http *http)
{
	lun_wire_end();
	lun_wire_shutdown_all(http);
}

void lun_http_stop(struct lun_http *http)
{
	mg_stop(http->context);
	lun_wire_close();
	each_path(http->options->listen, remove_path);
	lun_tls_close();
	lun_tokens_close();
	mg_exit_library();
	free(http);
}
