#include "http/socket.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdlib.h>
#include <sys/socket.h>

void lun_socket_of(struct lun_socket *socket, const struct mg_request_info *info)
{
	inet_pton(AF_INET, info->remote_addr, &socket->peer);
	socket->peer_port = htons((uint16_t)info->remote_port);
	socket->port = htons((uint16_t)info->server_port);
}

static bool is_connection(const void *ctx, int fd)
{
	const struct lun_socket *wanted = ctx;
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

void lun_socket_shutdown(const struct lun_socket *socket)
{
	shutdown_matching(is_connection, socket, false);
}

void lun_socket_shutdown_port(int port)
{
	in_port_t wanted = htons((uint16_t)port);

	shutdown_matching(is_on_port, &wanted, true);
}
