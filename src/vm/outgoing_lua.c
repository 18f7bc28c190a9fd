/* require("lunette.core.outgoing"): requests to other hosts, by vm/outgoing.c. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "text/monotonic.h"
#include "vm/dns.h"
#include "vm/modules.h"
#include "vm/names.h"
#include "vm/outgoing.h"
#include "vm/push.h"

enum {
	WAIT_MS = 100,   /* between two of them Lua sees that its time is over */
	SILENCE = 60,    /* seconds after which a stream is dead; servers send signs of life */
	CONNECTING = 10, /* seconds that a stream has to connect */
	OPTIONS = 2,     /* arguments */
};

struct handle {
	struct lun_batch *batch;
	double deadline; /* CLOCK_MONOTONIC seconds */
};

/* A field of the table at idx, else of the options; NULL without it. The tables keep it. */
static const char *field(lua_State *L, int idx, const char *name, size_t *len)
{
	const char *text;

	lua_getfield(L, idx, name);
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		lua_getfield(L, OPTIONS, name);
	}
	text = luaL_optlstring(L, -1, NULL, len);
	lua_pop(L, 1);
	return text;
}

static lua_Number number(lua_State *L, const char *name)
{
	lua_Number value;

	lua_getfield(L, OPTIONS, name);
	value = luaL_checknumber(L, -1);
	lua_pop(L, 1);
	luaL_argcheck(L, value > 0 && value < 1e12, OPTIONS, name);
	return value;
}

static bool add_header(struct lun_exchange *exchange, const char *text)
{
	struct curl_slist *longer = curl_slist_append(exchange->headers, text);

	if (longer)
		exchange->headers = longer;
	return longer != NULL;
}

static bool add_headers(lua_State *L, int idx, struct lun_exchange *exchange)
{
	const char *token = field(L, idx, "token", NULL);
	bool ok = true;

	lua_getfield(L, OPTIONS, "headers");
	for (lua_Integer i = 1; ok && lua_istable(L, -1) && lua_rawgeti(L, -1, i) == LUA_TSTRING;
		i++) {
		ok = add_header(exchange, lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	lua_settop(L, idx);
	if (ok && token) {
		lua_pushfstring(L, "Authorization: Bearer %s", token);
		ok = add_header(exchange, lua_tostring(L, -1));
		lua_pop(L, 1);
	}
	curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
	return ok;
}

static void set_path(
	lua_State *L, int idx, struct lun_exchange *exchange, const char *name, CURLoption option)
{
	const char *path = field(L, idx, name, NULL);

	if (path)
		curl_easy_setopt(exchange->easy, option, path);
}

/* Makes the request that the table at idx describes; NULL when memory is short. */
static struct lun_exchange *new_exchange(lua_State *L, int idx)
{
	size_t len = 0;
	const char *url = field(L, idx, "url", NULL), *body = field(L, idx, "body", &len);
	struct lun_exchange *exchange = url ? lun_exchange_new(url) : NULL;

	if (!exchange)
		return NULL;
	if (body) {
		curl_easy_setopt(exchange->easy, CURLOPT_POSTFIELDSIZE, (long)len);
		curl_easy_setopt(exchange->easy, CURLOPT_COPYPOSTFIELDS, body);
	}
	set_path(L, idx, exchange, "unix", CURLOPT_UNIX_SOCKET_PATH);
	set_path(L, idx, exchange, "ca", CURLOPT_CAINFO);
	set_path(L, idx, exchange, "cert", CURLOPT_SSLCERT);
	set_path(L, idx, exchange, "key", CURLOPT_SSLKEY);
	if (add_headers(L, idx, exchange))
		return exchange;
	lun_exchange_free(exchange);
	return NULL;
}

/* Checks every text before anything is allocated, so that no error leaks a request. */
static lua_Integer check_requests(lua_State *L, int idx)
{
	static const char *const names[] = { "url", "body", "unix", "ca", "cert", "key", "token",
		"name", NULL };
	lua_Integer count;

	luaL_checktype(L, idx, LUA_TTABLE);
	count = (lua_Integer)lua_rawlen(L, idx);
	luaL_checkstack(L, 10, "outgoing");
	for (lua_Integer i = 1; i <= count; i++) {
		luaL_argcheck(L, lua_rawgeti(L, idx, i) == LUA_TTABLE, idx, "a list of tables");
		for (int n = 0; names[n]; n++) {
			const char *text = field(L, lua_gettop(L), names[n], NULL);

			luaL_argcheck(L, n > 0 || text, idx, "a request needs a url");
		}
		lua_pop(L, 1);
	}
	return count;
}

static int l_close(lua_State *L)
{
	struct handle *handle = luaL_checkudata(L, 1, LUN_BATCH_HANDLE);

	if (handle->batch)
		lun_batch_close(handle->batch);
	handle->batch = NULL;
	return 0;
}

static void start_one(lua_State *L, struct handle *handle, lua_Integer i, size_t most, long ms)
{
	struct lun_exchange *exchange;
	int err;

	lua_rawgeti(L, 1, i);
	exchange = new_exchange(L, lua_gettop(L));
	lua_pop(L, 1);
	if (!exchange)
		luaL_error(L, "not enough memory");
	exchange->index = (unsigned)i;
	exchange->most = most;
	curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, ms);
	err = lun_batch_add(handle->batch, exchange);
	if (err)
		luaL_error(L, "a request can't be started: %s", strerror(-err));
}

/* outgoing.batch({ { url=, unix=, token=, body= }... }, { seconds=, most=, together=, headers=,
 * ca=, cert=, key= and what the requests share }) -> Batch */
static int l_batch(lua_State *L)
{
	lua_Integer count;
	struct handle *handle;
	double seconds;
	size_t most;

	luaL_checktype(L, OPTIONS, LUA_TTABLE);
	lua_settop(L, OPTIONS);
	count = check_requests(L, 1);
	seconds = number(L, "seconds");
	most = (size_t)number(L, "most");
	handle = lua_newuserdatauv(L, sizeof(*handle), 0);
	handle->batch = NULL;
	handle->deadline = lun_monotonic() + seconds;
	luaL_setmetatable(L, LUN_BATCH_HANDLE);
	handle->batch = lun_batch_new((size_t)number(L, "together"));
	if (!handle->batch)
		return luaL_error(L, "not enough memory");
	for (lua_Integer i = 1; i <= count; i++)
		start_one(L, handle, i, most, (long)(seconds * 1e3) + 1);
	return 1;
}

static int push_answer(lua_State *L, struct lun_exchange *one)
{
	lua_pushinteger(L, one->index);
	if (one->result != CURLE_OK) {
		luaL_pushfail(L);
		lua_pushstring(L, lun_exchange_reason(one));
	} else {
		lua_pushinteger(L, one->status);
		lua_pushlstring(L, one->body.data ? one->body.data : "", one->body.len);
	}
	lua_pushnumber(L, one->seconds);
	return 4;
}

/* Protected, so that the caller frees the answer. */
static int l_push_answer(lua_State *L)
{
	return push_answer(L, lua_touserdata(L, 1));
}

/* batch:next() -> index, status, body, seconds | index, nil, err, seconds | false while none is
 * there | nil: all were taken, or the time is over */
static int l_next(lua_State *L)
{
	struct handle *handle = luaL_checkudata(L, 1, LUN_BATCH_HANDLE);
	double left_s = handle->deadline - lun_monotonic();
	struct lun_exchange *one;
	unsigned left;
	int status,
		ms = left_s <= 0         ? 0
		: left_s * 1e3 > WAIT_MS ? WAIT_MS
					 : (int)(left_s * 1e3) + 1;

	luaL_argcheck(L, handle->batch, 1, "batch is closed");
	one = lun_batch_take(handle->batch, ms, &left);
	if (!one && left && left_s > 0) {
		lua_pushboolean(L, false);
		return 1;
	}
	if (!one) {
		lua_pushnil(L);
		return 1;
	}
	lua_settop(L, 1);
	lua_pushcfunction(L, l_push_answer);
	lua_pushlightuserdata(L, one);
	status = lua_pcall(L, 1, 4, 0);
	lun_exchange_free(one);
	return status == LUA_OK ? 4 : lua_error(L);
}

/* outgoing.stream(topic, options, requests) -> how many were opened. A request has a name, too. */
static int l_stream(lua_State *L)
{
	lua_Integer count, opened = 0;
	const char *topic = luaL_checkstring(L, 1);
	size_t most;

	luaL_checktype(L, OPTIONS, LUA_TTABLE);
	lua_settop(L, 3);
	count = check_requests(L, 3);
	most = (size_t)number(L, "most");
	for (lua_Integer i = 1; i <= count; i++) {
		struct lun_exchange *stream;
		const char *name;

		lua_rawgeti(L, 3, i);
		name = field(L, 4, "name", NULL);
		stream = new_exchange(L, 4);
		if (stream) {
			stream->most = most;
			stream->topic = strdup(topic);
			stream->name = strdup(name ? name : "");
			curl_easy_setopt(stream->easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECTING);
			curl_easy_setopt(stream->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
			curl_easy_setopt(stream->easy, CURLOPT_LOW_SPEED_TIME, (long)SILENCE);
		}
		lua_settop(L, 3);
		if (!stream || !stream->topic || !stream->name) {
			lun_exchange_free(stream);
			return luaL_error(L, "not enough memory");
		}
		opened += lun_exchange_stream(stream) == 0;
	}
	lua_pushinteger(L, opened);
	return 1;
}

/* outgoing.addresses(name) -> { "192.0.2.1", "2001:db8::1" } | nil, err */
static int l_addresses(lua_State *L)
{
	return lun_dns_push_addresses(L, luaL_checkstring(L, 1));
}

/* outgoing.services(name) -> { { target=, port= }... } | nil, err: SRV records */
static int l_services(lua_State *L)
{
	return lun_dns_push_services(L, luaL_checkstring(L, 1));
}

static const luaL_Reg methods[] = {
	{ "next", l_next },
	{ "close", l_close },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "addresses", l_addresses },
	{ "batch", l_batch },
	{ "services", l_services },
	{ "stream", l_stream },
	{ NULL, NULL },
};

int luaopen_lunette_core_outgoing(lua_State *L)
{
	lun_push_handle_metatable(L, LUN_BATCH_HANDLE, methods, l_close);
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
