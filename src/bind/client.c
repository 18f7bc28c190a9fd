/*
 * require("lunette.core.client"): bytes to a server and its answer, for commands that ask one
 * that runs. What the bytes mean (HTTP) is Lua's business.
 */
#include <errno.h>
#include <lauxlib.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bind/modules.h"
#include "bind/push.h"
#include "text/out.h"

enum { CHUNK = 65536, ANSWER_MAX = 64 << 20 };

/* Silence for longer than we endure is said as such. */
static int socket_error(void)
{
	return errno == EAGAIN || errno == EINPROGRESS ? -ETIMEDOUT : -errno;
}

static int connect_one(const struct addrinfo *address, const struct timeval *patience)
{
	int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, patience, sizeof(*patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, patience, sizeof(*patience));
	if (!connect(fd, address->ai_addr, address->ai_addrlen))
		return fd;
	err = socket_error();
	close(fd);
	return err;
}

/* The first of a name's addresses that answers: a descriptor, or -errno. */
static int connect_to(const char *host, const char *port, const struct timeval *patience)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *one;
	int fd = -EHOSTUNREACH;

	if (getaddrinfo(host, port, &hints, &list))
		return -EHOSTUNREACH;
	for (one = list; one && fd < 0; one = one->ai_next)
		fd = connect_one(one, patience);
	freeaddrinfo(list);
	return fd;
}

static int send_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	for (; len; bytes += n, len -= (size_t)n) {
		n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0)
			return socket_error();
	}
	return 0;
}

/* Until the server closes. */
static int receive_all(int fd, struct lun_out *answer)
{
	char *room;
	ssize_t n;

	do {
		room = lun_out_reserve(answer, CHUNK);
		if (!room || answer->len > ANSWER_MAX)
			return -EMSGSIZE;
		n = recv(fd, room, CHUNK, 0);
		if (n < 0)
			return socket_error();
		answer->len += (size_t)n;
	} while (n > 0);
	return 0;
}

/* client.exchange(host, port, bytes, seconds) -> the answer | nil, err, errno: seconds of
 * silence that are endured */
static int l_exchange(lua_State *L)
{
	const char *host = luaL_checkstring(L, 1), *port = luaL_checkstring(L, 2);
	size_t len;
	const char *bytes = luaL_checklstring(L, 3, &len);
	struct timeval patience = { .tv_sec = luaL_checkinteger(L, 4) };
	struct lun_out *answer = lun_push_buffer(L);
	int fd = connect_to(host, port, &patience), err = fd;

	if (fd >= 0) {
		err = send_all(fd, bytes, len);
		if (!err)
			err = receive_all(fd, answer);
		close(fd);
	}
	if (err < 0)
		return lun_push_error(L, err, host);
	lua_pushlstring(L, answer->data, answer->len);
	lun_out_free(answer);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "exchange", l_exchange },
	{ NULL, NULL },
};

int luaopen_lunette_core_client(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
