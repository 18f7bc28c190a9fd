#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/answer.h"
#include "http/guard.h"
#include "http/http.h"
#include "http/live.h"
#include "http/socket.h"

enum { MAX_OPTIONS = 40, MAX_PORTS = 16 };

static int log_message(const struct mg_connection *conn, const char *message)
{
	struct lun_http *http = conn ? mg_get_user_data(mg_get_context(conn)) : NULL;

	if (http && !http->context && !http->error[0])
		snprintf(http->error, sizeof(http->error), "%s", message);
	return 1;
}

static int log_access(const struct mg_connection *conn, const char *message)
{
	(void)conn;
	(void)message;
	return 1;
}

/* What civetweb refuses by itself: malformed or too large requests. */
static int http_error(struct mg_connection *conn, int status, const char *message)
{
	lun_answer_error(conn, status, message && *message ? message : "refused", NULL, true);
	return 0;
}

static void end(const struct mg_connection *conn, int status)
{
	(void)status;
	lun_websocket_end(conn);
}

static void join_ports(const char *const *listen, char *ports, size_t len)
{
	*ports = '\0';
	for (; *listen; listen++) {
		size_t at = strlen(ports);

		snprintf(ports + at, len - at, "%s%s", at ? "," : "", *listen);
	}
}

static struct mg_context *start(struct lun_http *http, const char **options, char **err)
{
	struct mg_callbacks callbacks = {
		.begin_request = lun_http_handle,
		.end_request = end,
		.log_message = log_message,
		.log_access = log_access,
		.http_error = http_error,
	};
	char text[256] = "";
	struct mg_error_data error = { .text = text, .text_buffer_size = sizeof(text) };
	struct mg_init_data init = {
		.callbacks = &callbacks, .user_data = http, .configuration_options = options
	};
	struct mg_context *context = mg_start2(&init, &error);

	if (!context && asprintf(err, "%s", http->error[0] ? http->error : text) < 0)
		*err = NULL;
	return context;
}

static struct mg_context *configure(struct lun_http *http, char **err)
{
	const struct lun_serve_options *o = http->options;
	char ports[1024], threads[16];
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

	join_ports(o->listen, ports, sizeof(ports));
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

struct lun_http *lun_http_start(
	const struct lun_serve_options *options, struct lun_pool *pool, char **err)
{
	struct lun_http *http = calloc(1, sizeof(*http));

	*err = NULL;
	if (!http)
		return NULL;
	http->options = options;
	http->pool = pool;
	http->local = is_local(options->listen);
	http->live_limit =
		options->connections - (options->connections > 64 ? 32 : options->connections / 2);
	mg_init_library(0);
	http->context = configure(http, err);
	if (!http->context) {
		mg_exit_library();
		free(http);
		return NULL;
	}
	lun_websocket_register(http);
	return http;
}

bool lun_http_url(struct lun_http *http, int n, char *url, size_t len)
{
	struct mg_server_port ports[MAX_PORTS];
	int count = mg_get_server_ports(http->context, MAX_PORTS, ports);
	const char *listen, *colon;

	if (n >= count)
		return false;
	listen = http->options->listen[n];
	colon = strrchr(listen, ':');
	snprintf(url, len, "http://%.*s:%d/", colon ? (int)(colon - listen) : 7,
		colon ? listen : "0.0.0.0", ports[n].port);
	return true;
}

static bool is_working(struct lun_http *http)
{
	struct lun_pool_figures figures;

	lun_pool_figures(http->pool, &figures);
	return figures.busy > 0 || figures.queued > 0;
}

/* Live connections end by their own: the pool closes them. */
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
	struct mg_server_port ports[MAX_PORTS];
	int count = mg_get_server_ports(http->context, MAX_PORTS, ports);

	for (int i = 0; i < count; i++)
		lun_socket_shutdown_port(ports[i].port);
}

void lun_http_stop(struct lun_http *http)
{
	mg_stop(http->context);
	mg_exit_library();
	free(http);
}
