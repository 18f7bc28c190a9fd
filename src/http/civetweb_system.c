/* wire.h for the distribution's civetweb library, which hides its sockets, heads and threads. */
#include "http/wire.h"

#ifdef LUNETTE_SYSTEM_CIVETWEB

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "http/live.h"

const char *lun_wire_missing(void)
{
	return "the system's civetweb serves: no IPv6 and Unix sockets, no strict check of "
	       "requests, "
	       "idle connections hold threads";
}

bool lun_wire_has_ipv6(void)
{
	return false;
}

void lun_wire_open(unsigned threads)
{
	(void)threads;
}

void lun_wire_close(void)
{
}

void lun_wire_end(void)
{
}

int lun_wire_start_error(void)
{
	return 0;
}

int lun_wire_refusal(const char **why)
{
	(void)why;
	return 0;
}

bool lun_wire_was_slow(void)
{
	return false;
}

/* civetweb's own code reads WebSocket frames and calls on_data() in websocket.c. */
int lun_wire_read(struct mg_connection *conn, char *data, int len, int timeout_ms)
{
	(void)conn;
	(void)data;
	(void)len;
	(void)timeout_ms;
	return -1;
}

/* Finds a connection's socket among our descriptors by its two addresses. */
struct wanted {
	struct in_addr peer;
	in_port_t peer_port, port; /* network order */
};

static bool is_connection(const void *ctx, int fd)
{
	const struct wanted *wanted = ctx;
	struct sockaddr_in peer = { 0 }, own = { 0 };
	socklen_t peer_len = sizeof(peer), own_len = sizeof(own);

	if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) || peer.sin_family != AF_INET)
		return false;
	if (getsockname(fd, (struct sockaddr *)&own, &own_len))
		return false;
	return peer.sin_port == wanted->peer_port && own.sin_port == wanted->port &&
		peer.sin_addr.s_addr == wanted->peer.s_addr;
}

static bool is_on_port(const void *ctx, int fd)
{
	const in_port_t *port = ctx;
	struct sockaddr_in own = { 0 };
	socklen_t own_len = sizeof(own);

	return getsockname(fd, (struct sockaddr *)&own, &own_len) == 0 &&
		own.sin_family == AF_INET && own.sin_port == *port;
}

static void shutdown_matching(bool (*matches)(const void *ctx, int fd), const void *ctx, bool all)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || !matches(ctx, fd))
			continue;
		shutdown(fd, SHUT_RDWR);
		if (!all)
			break;
	}
	if (dir)
		closedir(dir);
}

void lun_wire_shutdown(struct mg_connection *conn)
{
	const struct mg_request_info *info = mg_get_request_info(conn);
	struct wanted wanted = { .peer_port = htons((uint16_t)info->remote_port),
		.port = htons((uint16_t)info->server_port) };

	inet_pton(AF_INET, info->remote_addr, &wanted.peer);
	shutdown_matching(is_connection, &wanted, false);
}

void lun_wire_shutdown_all(struct lun_http *http)
{
	enum { MAX_PORTS = 16 };
	struct mg_server_port ports[MAX_PORTS];
	int count = mg_get_server_ports(http->context, MAX_PORTS, ports);

	for (int i = 0; i < count; i++) {
		in_port_t port = htons((uint16_t)ports[i].port);

		shutdown_matching(is_on_port, &port, true);
	}
}

#endif
