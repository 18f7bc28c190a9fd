/*
 * require("lunette.core.client"): a TCP connection of a command to a running server. It sends one
 * request's bytes and reads the answer's; Lua makes and parses the HTTP in them.
 */
#include <errno.h>
#include <lauxlib.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "vm/modules.h"
#include "vm/names.h"
#include "vm/push.h"

enum { CHUNK = 65536 };

struct connection {
	int fd; /* -1: closed */
};

/* A socket whose SO_RCVTIMEO or SO_SNDTIMEO has passed reports EAGAIN: that is a timeout. */
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

/* Connects to the first address of the host that accepts. A descriptor, or -errno. */
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

/* connection:close() */
static int l_close(lua_State *L)
{
	struct connection *c = luaL_checkudata(L, 1, LUN_CONNECTION_HANDLE);

	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	return 0;
}

/* client.open(host, port, bytes, seconds) -> Connection | nil, err, errno: connects and sends the
 * bytes. A read fails after so many seconds without data. */
static int l_open(lua_State *L)
{
	const char *host = luaL_checkstring(L, 1), *port = luaL_checkstring(L, 2);
	size_t len;
	const char *bytes = luaL_checklstring(L, 3, &len);
	struct timeval patience = { .tv_sec = luaL_checkinteger(L, 4) };
	struct connection *c = lua_newuserdatauv(L, sizeof(*c), 0);
	int err;

	c->fd = -1;
	luaL_setmetatable(L, LUN_CONNECTION_HANDLE);
	err = connect_to(host, port, &patience);
	if (err >= 0) {
		c->fd = err;
		err = send_all(c->fd, bytes, len);
	}
	return err < 0 ? lun_push_error(L, err, host) : 1;
}

/* connection:read() -> chunk | nil [, err, errno]; nil alone when the server has closed */
static int l_read(lua_State *L)
{
	struct connection *c = luaL_checkudata(L, 1, LUN_CONNECTION_HANDLE);
	luaL_Buffer buffer;
	ssize_t n;

	if (c->fd < 0)
		return luaL_error(L, "connection is closed");
	n = recv(c->fd, luaL_buffinitsize(L, &buffer, CHUNK), CHUNK, 0);
	if (n < 0)
		return lun_push_error(L, socket_error(), "server");
	luaL_pushresultsize(&buffer, (size_t)n);
	if (!n)
		luaL_pushfail(L);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "read", l_read },
	{ "close", l_close },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "open", l_open },
	{ NULL, NULL },
};

int luaopen_lunette_core_client(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_CONNECTION_HANDLE, methods, l_close);
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
