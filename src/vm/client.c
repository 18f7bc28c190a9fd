/*
 * require("lunette.core.client"): a request of a command to a running server, by libcurl: HTTP and
 * HTTPS, proxies, names. Answers come in pieces, so that streams of events are read, too.
 */
#include <curl/curl.h>
#include <errno.h>
#include <lauxlib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "text/out.h"
#include "vm/modules.h"
#include "vm/names.h"
#include "vm/push.h"

/* A wait is this long at most: between two of them Lua sees that it is interrupted. */
enum { WAIT_MS = 200 };

struct connection {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct lun_out data; /* of the body, not read yet */
	bool answered;       /* the head of the answer is there */
	bool done;
	CURLcode result;
	char error[CURL_ERROR_SIZE];
};

static void init_library(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take_body(char *bytes, size_t one, size_t len, void *arg)
{
	struct connection *c = arg;

	(void)one;
	lun_out_mem(&c->data, bytes, len);
	return c->data.err ? 0 : len;
}

/* The empty line ends the head; that of "100 Continue" is followed by another one. */
static size_t take_head(char *line, size_t one, size_t len, void *arg)
{
	struct connection *c = arg;
	long status = 0;

	(void)one;
	if (len > 2 || *line != '\r')
		return len;
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	c->answered = status >= 200;
	return len;
}

/* connection:close() */
static int l_close(lua_State *L)
{
	struct connection *c = luaL_checkudata(L, 1, LUN_CONNECTION_HANDLE);

	if (c->multi && c->easy)
		curl_multi_remove_handle(c->multi, c->easy);
	curl_easy_cleanup(c->easy);
	if (c->multi)
		curl_multi_cleanup(c->multi);
	curl_slist_free_all(c->headers);
	lun_out_free(&c->data);
	memset(c, 0, sizeof(*c));
	return 0;
}

static const char *option(lua_State *L, const char *name)
{
	const char *text;

	lua_getfield(L, 2, name);
	text = luaL_optstring(L, -1, NULL);
	lua_pop(L, 1); // the table keeps it
	return text;
}

static bool add_headers(lua_State *L, struct connection *c)
{
	lua_getfield(L, 2, "headers");
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
		struct curl_slist *longer = curl_slist_append(c->headers, lua_tostring(L, -1));

		lua_pop(L, 1);
		if (!longer)
			return false;
		c->headers = longer;
	}
	lua_pop(L, 2);
	return true;
}

static void set_body(lua_State *L, struct connection *c)
{
	size_t len;
	const char *body;

	lua_getfield(L, 2, "body");
	body = luaL_checklstring(L, -1, &len);
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE, (long)len);
	curl_easy_setopt(c->easy, CURLOPT_COPYPOSTFIELDS, body);
	lua_pop(L, 1);
}

static void set_patience(struct connection *c, long seconds)
{
	curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT, seconds);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_TIME, seconds);
}

static void set_way(lua_State *L, struct connection *c)
{
	const char *ca = option(L, "ca"), *cert = option(L, "cert"), *key = option(L, "key");

	const char *path = option(L, "unix");

	if (path)
		curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, path);
	if (ca)
		curl_easy_setopt(c->easy, CURLOPT_CAINFO, ca);
	if (cert)
		curl_easy_setopt(c->easy, CURLOPT_SSLCERT, cert);
	if (key)
		curl_easy_setopt(c->easy, CURLOPT_SSLKEY, key);
}

static bool set_options(lua_State *L, struct connection *c)
{
	lua_Integer patience;

	lua_getfield(L, 2, "patience");
	patience = luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	if (!add_headers(L, c))
		return false;
	curl_easy_setopt(c->easy, CURLOPT_URL, luaL_checkstring(L, 1));
	curl_easy_setopt(c->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
	set_patience(c, (long)patience);
	set_way(L, c);
	set_body(L, c);
	return curl_multi_add_handle(c->multi, c->easy) == CURLM_OK;
}

/* client.open(url, { headers =, body =, patience =, unix =, ca =, cert =, key = }) -> Connection: a
 * POST. Nothing is sent before the first status() or read(). */
static int l_open(lua_State *L)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct connection *c;

	luaL_checktype(L, 2, LUA_TTABLE);
	lua_settop(L, 2);
	pthread_once(&once, init_library);
	c = lua_newuserdatauv(L, sizeof(*c), 0);
	memset(c, 0, sizeof(*c));
	lun_out_init(&c->data);
	luaL_setmetatable(L, LUN_CONNECTION_HANDLE);
	c->multi = curl_multi_init();
	c->easy = curl_easy_init();
	if (!c->multi || !c->easy || !set_options(L, c))
		return luaL_error(L, "not enough memory");
	lua_settop(L, 3);
	return 1;
}

static void note_end(struct connection *c)
{
	int left;
	CURLMsg *message = curl_multi_info_read(c->multi, &left);

	if (!message || message->msg != CURLMSG_DONE)
		return;
	c->done = true;
	c->result = message->data.result;
}

/* Goes on with the transfer: waits once, a moment. */
static void go_on(struct connection *c)
{
	int running;

	curl_multi_perform(c->multi, &running);
	note_end(c);
	if (c->done || c->data.len)
		return;
	curl_multi_poll(c->multi, NULL, 0, WAIT_MS, NULL);
	curl_multi_perform(c->multi, &running);
	note_end(c);
}

static int push_failure(lua_State *L, struct connection *c)
{
	long code = 0;

	curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &code);
	if (c->result == CURLE_OPERATION_TIMEDOUT)
		code = ETIMEDOUT;
	else if (c->result != CURLE_COULDNT_CONNECT)
		code = 0;
	luaL_pushfail(L);
	lua_pushstring(L,
		code                ? strerror((int)code)
			: *c->error ? c->error
				    : curl_easy_strerror(c->result));
	lua_pushinteger(L, c->result);
	return 3;
}

static struct connection *check_open(lua_State *L)
{
	struct connection *c = luaL_checkudata(L, 1, LUN_CONNECTION_HANDLE);

	if (!c->easy)
		luaL_error(L, "connection is closed");
	return c;
}

/* connection:status() -> status, media type | false: not yet, ask again | nil, err,
 * libcurl's code */
static int l_status(lua_State *L)
{
	struct connection *c = check_open(L);
	long status = 0;
	char *type = NULL;

	if (!c->answered && !c->done)
		go_on(c);
	if (!c->answered && c->done)
		return push_failure(L, c);
	if (!c->answered) {
		lua_pushboolean(L, 0);
		return 1;
	}
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
	lua_pushinteger(L, status);
	lua_pushstring(L, type);
	return 2;
}

/* connection:read() -> chunk, "" while none came | nil at the end | nil, err */
static int l_read(lua_State *L)
{
	struct connection *c = check_open(L);

	if (!c->data.len && !c->done)
		go_on(c);
	if (!c->data.len && c->done && c->result != CURLE_OK)
		return push_failure(L, c);
	if (!c->data.len && c->done) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushlstring(L, c->data.data ? c->data.data : "", c->data.len);
	c->data.len = 0;
	return 1;
}

static const luaL_Reg methods[] = {
	{ "status", l_status },
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
