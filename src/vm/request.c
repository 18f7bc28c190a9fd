#include "vm/request.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "text/json.h"
#include "vm/conn_private.h"
#include "vm/request_stream.h"
#include "vm/source.h"

/*
 * Owned by the requesting thread and the job: the last of both frees it. It has copies of
 * everything that the VM reads, because the requesting thread goes on when the job of a stuck VM is
 * given up.
 */
struct exchange {
	struct lun_job job;
	struct lun_request request;
	struct lun_out body;
	struct lun_reply reply;  /* written by the job until is_done */
	struct lun_reply failed; /* the reply when the job failed */
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done, has_failed;
	struct lun_header headers[]; /* and the texts */
};

static void set_string(lua_State *L, const char *name, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, name);
}

static void push_lower(lua_State *L, const char *s)
{
	luaL_Buffer buffer;

	luaL_buffinit(L, &buffer);
	for (; *s; s++)
		luaL_addchar(&buffer, *s >= 'A' && *s <= 'Z' ? *s + 32 : *s);
	luaL_pushresult(&buffer);
}

/* A repeated header's values are joined by commas, as HTTP defines it. */
static void set_headers(lua_State *L, const struct lun_request *request)
{
	lua_createtable(L, 0, (int)request->headers_len);
	for (size_t i = 0; i < request->headers_len; i++) {
		push_lower(L, request->headers[i].name);
		lua_pushvalue(L, -1);
		if (lua_rawget(L, -3) == LUA_TNIL) { // headers, name, before
			lua_pop(L, 1);
			lua_pushstring(L, request->headers[i].value);
		} else {
			lua_pushfstring(
				L, "%s, %s", lua_tostring(L, -1), request->headers[i].value);
			lua_remove(L, -2);
		}
		lua_rawset(L, -3);
	}
	lua_setfield(L, -2, "headers");
}

static void push_request(
	lua_State *L, const struct lun_request *request, const struct lun_out *body)
{
	lua_createtable(L, 0, 12);
	set_string(L, "method", request->method);
	set_string(L, "path", request->path);
	set_string(L, "query_string", request->query);
	set_string(L, "remote", request->remote);
	lua_pushlstring(L, body->data ? body->data : "", body->len);
	lua_setfield(L, -2, "body");
	set_headers(L, request);
	set_flag(L, "websocket", request->websocket);
	set_flag(L, "authorized", request->authorized);
	set_flag(L, "can_write", request->can_write);
	set_flag(L, "can_eval", request->can_eval);
	set_string(L, "user", *request->user ? request->user : NULL);
}

static void take_text(lua_State *L, int idx, struct lun_out *out)
{
	size_t len;
	const char *text = lua_tolstring(L, idx, &len);

	if (text)
		lun_out_mem(out, text, len);
}

static void take_session(lua_State *L, struct lun_reply *reply, bool events)
{
	lua_settop(L, 4); // the session
	lua_getfield(L, -1, "protocol");
	if (lua_isstring(L, -1))
		reply->protocol = strdup(lua_tostring(L, -1));
	lua_pop(L, 1);
	reply->conn = lun_conn_new(L, events);
}

/* Stack from index 1: status, headers, kind, payload, pull. */
static void take_reply(lua_State *L, struct lun_reply *reply)
{
	const char *kind = luaL_checkstring(L, 3);

	reply->status = (int)luaL_checkinteger(L, 1);
	reply->unrouted = strcmp(kind, "none") == 0;
	take_text(L, 2, &reply->headers);
	if (strcmp(kind, "source") == 0) {
		reply->source = lun_source_take(L, 4);
		if (!reply->source && lua_isfunction(L, 5)) { /* the stream calls Lua functions */
			lua_pushvalue(L, 5);
			reply->source = lun_stream_new(L);
		}
	} else if (strcmp(kind, "stream") == 0) {
		lua_pushvalue(L, 4);
		reply->source = lun_stream_new(L);
	} else if (strcmp(kind, "events") == 0 || strcmp(kind, "websocket") == 0) {
		take_session(L, reply, *kind == 'e');
	} else {
		take_text(L, 4, &reply->body);
	}
}

/* require("lunette.http.worker").request(req) -> status, headers, kind, payload, pull */
static int l_request(lua_State *L)
{
	struct exchange *exchange = lua_touserdata(L, 1);

	lua_settop(L, 0);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_getfield(L, -1, "lunette.http.worker");
	lua_getfield(L, -1, "request");
	lua_replace(L, 1);
	lua_settop(L, 1);
	push_request(L, &exchange->request, &exchange->body);
	lua_call(L, 1, 5);
	take_reply(L, &exchange->reply);
	return 0;
}

static void fail(struct lun_reply *reply, const char *message)
{
	*reply = (struct lun_reply){ .status = 500 };
	lun_out_str(&reply->headers, "content-type: application/json\r\n");
	lun_out_str(&reply->body, "{\"error\":{\"message\":");
	lun_json_str(&reply->body, message, strlen(message));
	lun_out_str(&reply->body, "}}\n");
}

static void finish(struct lun_job *job, const char *err, bool given_up)
{
	struct exchange *exchange = (struct exchange *)job;

	pthread_mutex_lock(&exchange->lock);
	exchange->has_failed = err != NULL;
	if (err)
		fail(&exchange->failed, given_up ? err : "the request failed; see the log");
	exchange->is_done = true;
	pthread_mutex_unlock(&exchange->lock);
	pthread_cond_signal(&exchange->done); // the job still holds the exchange
}

/* Frees a reply that no thread has taken; its connection is closed in a VM that takes no more
 * jobs. */
static void free_exchange(struct lun_job *job)
{
	struct exchange *exchange = (struct exchange *)job;

	lun_reply_free(&exchange->reply);
	lun_reply_free(&exchange->failed);
	lun_out_free(&exchange->body);
	pthread_cond_destroy(&exchange->done);
	pthread_mutex_destroy(&exchange->lock);
	free(exchange);
}

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static size_t size_of_texts(const struct lun_request *request)
{
	size_t size = size_of(request->method) + size_of(request->path) + size_of(request->query) +
		size_of(request->remote);

	for (size_t i = 0; i < request->headers_len; i++)
		size += size_of(request->headers[i].name) + size_of(request->headers[i].value);
	return size;
}

static const char *copy(char **room, const char *text)
{
	size_t size = size_of(text);
	char *at = *room;

	*room += size;
	return text ? memcpy(at, text, size) : NULL;
}

static void copy_request(struct exchange *exchange, const struct lun_request *request)
{
	char *room = (char *)(exchange->headers + request->headers_len);

	exchange->request = *request;
	exchange->request.method = copy(&room, request->method);
	exchange->request.path = copy(&room, request->path);
	exchange->request.query = copy(&room, request->query);
	exchange->request.remote = copy(&room, request->remote);
	for (size_t i = 0; i < request->headers_len; i++) {
		exchange->headers[i].name = copy(&room, request->headers[i].name);
		exchange->headers[i].value = copy(&room, request->headers[i].value);
	}
	exchange->request.headers = exchange->headers;
}

static struct exchange *new_exchange(const struct lun_request *request, struct lun_out *body)
{
	struct exchange *exchange = malloc(sizeof(*exchange) +
		request->headers_len * sizeof(struct lun_header) + size_of_texts(request));

	if (!exchange)
		return NULL;
	*exchange = (struct exchange){ .job = lun_job_of(l_request, finish, free_exchange) };
	atomic_store(&exchange->job.refs, 2);
	copy_request(exchange, request);
	exchange->body = *body;
	lun_out_init(body);
	pthread_mutex_init(&exchange->lock, NULL);
	pthread_cond_init(&exchange->done, NULL);
	return exchange;
}

/* Moves the reply to the caller. */
static void wait_for_reply(struct exchange *exchange, struct lun_reply *reply)
{
	struct lun_reply *from;

	pthread_mutex_lock(&exchange->lock);
	while (!exchange->is_done)
		pthread_cond_wait(&exchange->done, &exchange->lock);
	from = exchange->has_failed ? &exchange->failed : &exchange->reply;
	*reply = *from;
	*from = (struct lun_reply){ 0 };
	pthread_mutex_unlock(&exchange->lock);
}

int lun_request_run(struct lun_pool *pool, const struct lun_request *request, struct lun_out *body,
	struct lun_reply *reply)
{
	struct exchange *exchange = new_exchange(request, body);
	int err;

	*reply = (struct lun_reply){ 0 };
	if (!exchange)
		return -EBUSY;
	err = lun_job_submit(pool, &exchange->job);
	if (err)
		lun_job_unref(&exchange->job);
	else
		wait_for_reply(exchange, reply);
	lun_job_unref(&exchange->job);
	return err;
}

void lun_reply_free(struct lun_reply *reply)
{
	if (reply->source)
		reply->source->close(reply->source);
	if (reply->conn)
		lun_conn_gone(reply->conn, 1006, "");
	lun_out_free(&reply->headers);
	lun_out_free(&reply->body);
	free(reply->protocol);
	*reply = (struct lun_reply){ 0 };
}
