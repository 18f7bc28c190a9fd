/* The Lua callbacks of a connection's session (open, message, event, close), run as jobs. */
#include "vm/conn_private.h"

#include <errno.h>
#include <lauxlib.h>

#include "vm/pack.h"

/* Most events that wait for one connection's callbacks. */
enum { MAX_PENDING = 256 };

/* One call of a session's method, as a job. */
struct call {
	struct lun_job job;
	struct lun_conn *conn;
	const char *method;
	struct lun_blob *tag, *payload; /* packed; without a tag, payload is a message's text */
	int code;
	void (*done)(void *ctx);
	void *ctx;
};

static int push_arguments(lua_State *L, const struct call *call)
{
	if (call->tag) {
		lun_unpack(L, call->tag->data, call->tag->len);
		lun_unpack(L, call->payload ? call->payload->data : NULL,
			call->payload ? call->payload->len : 0);
		return 2;
	}
	if (call->code)
		lua_pushinteger(L, call->code);
	if (call->payload)
		lua_pushlstring(L, call->payload->data, call->payload->len);
	return (call->code != 0) + (call->payload != NULL);
}

static bool is_gone(struct lun_conn *conn)
{
	bool gone;

	pthread_mutex_lock(&conn->lock);
	gone = conn->gone;
	pthread_mutex_unlock(&conn->lock);
	return gone;
}

/* Clears the session's reference to the connection, so that Lua garbage does not keep a VM
 * alive. */
static void release_object(lua_State *L)
{
	struct lun_conn **slot;

	lua_getfield(L, -1, "conn");
	slot = lun_conn_slot(L, -1);
	if (slot && *slot)
		lun_conn_unref(*slot);
	if (slot)
		*slot = NULL;
	lua_pop(L, 1);
}

/* session:method(...). Once the connection has ended only close() runs; it ends the session,
 * too. */
static int l_call(lua_State *L)
{
	const struct call *call = lua_touserdata(L, 1);
	struct lun_conn *conn = call->conn;
	bool last = call->code != 0;

	if (conn->epoch != lun_worker_epoch(conn->worker) || (!last && is_gone(conn)))
		return 0;
	lua_rawgeti(L, LUA_REGISTRYINDEX, conn->session);
	if (last) {
		luaL_unref(L, LUA_REGISTRYINDEX, conn->session);
		release_object(L);
	}
	lua_getfield(L, -1, call->method); // session, method
	lua_insert(L, -2);
	lua_call(L, 1 + push_arguments(L, call), 0);
	return 0;
}

static void free_call(struct lun_job *job)
{
	struct call *call = (struct call *)job;

	lun_blob_unref(call->tag);
	lun_blob_unref(call->payload);
	lun_conn_unref(call->conn);
	free(call);
}

/* The session catches errors of its callbacks. An error that arrives here closes the connection. */
static void finish_call(struct lun_job *job, const char *err, bool given_up)
{
	struct call *call = (struct call *)job;

	(void)given_up;
	if (err)
		lun_conn_close(call->conn, 1011, "internal error");
	if (call->done)
		call->done(call->ctx);
}

static struct call *new_call(struct lun_conn *conn, const char *method)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->job = lun_job_of(l_call, finish_call, free_call);
	call->conn = lun_conn_ref(conn);
	call->method = method;
	return call;
}

/* When it fails, the call is done at once. */
static int send_call(struct call *call)
{
	int err = lun_job_send(call->conn->worker, &call->job);

	if (!err)
		return 0;
	if (call->done)
		call->done(call->ctx);
	lun_job_unref(&call->job);
	return err;
}

int lun_conn_opened(struct lun_conn *conn)
{
	struct call *call = new_call(conn, "open");

	return call ? send_call(call) : -ENOMEM;
}

/* Waits until a message's callback has returned, so that messages run one after the other. */
struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
};

static void wake_waiter(void *ctx)
{
	struct waiter *waiter = ctx;

	pthread_mutex_lock(&waiter->lock);
	waiter->is_done = true;
	pthread_cond_signal(&waiter->done);
	pthread_mutex_unlock(&waiter->lock);
}

static bool is_ending(struct lun_conn *conn)
{
	bool ending;

	pthread_mutex_lock(&conn->lock);
	ending = conn->closing || conn->gone;
	pthread_mutex_unlock(&conn->lock);
	return ending;
}

int lun_conn_message(struct lun_conn *conn, const char *text, size_t len)
{
	struct waiter waiter = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
	struct call *call;
	int err;

	if (is_ending(conn))
		return 0;
	call = new_call(conn, "message");
	if (!call)
		return -ENOMEM;
	call->payload = lun_blob_new(text, len);
	call->done = wake_waiter;
	call->ctx = &waiter;
	err = send_call(call);
	pthread_mutex_lock(&waiter.lock);
	while (!waiter.is_done)
		pthread_cond_wait(&waiter.done, &waiter.lock);
	pthread_mutex_unlock(&waiter.lock);
	return err;
}

static void release_pending(struct lun_conn *conn)
{
	atomic_fetch_sub(&conn->pending, 1);
}

static void finish_event(struct lun_job *job, const char *err, bool given_up)
{
	release_pending(((struct call *)job)->conn);
	finish_call(job, err, given_up);
}

static struct call *new_event(struct lun_conn *conn)
{
	struct call *call;

	if (atomic_fetch_add(&conn->pending, 1) >= MAX_PENDING) {
		release_pending(conn);
		atomic_fetch_add(&conn->dropped, 1);
		return NULL;
	}
	call = new_call(conn, "event");
	if (!call)
		release_pending(conn);
	else
		call->job.finish = finish_event;
	return call;
}

void lun_conn_event(struct lun_conn *conn, struct lun_blob *tag, struct lun_blob *payload,
	void (*done)(void *ctx), void *ctx)
{
	struct call *call = new_event(conn);

	if (!call) {
		if (done)
			done(ctx);
		return;
	}
	call->tag = lun_blob_ref(tag);
	call->payload = lun_blob_ref(payload);
	call->done = done;
	call->ctx = ctx;
	if (send_call(call))
		release_pending(conn);
}

void lun_conn_gone(struct lun_conn *conn, int code, const char *reason)
{
	struct call *call;

	pthread_mutex_lock(&conn->lock);
	conn->gone = true;
	conn->transport.drop = NULL;
	pthread_cond_signal(&conn->wake);
	pthread_mutex_unlock(&conn->lock);
	lun_topic_unsubscribe(conn, NULL);
	lun_clock_remove(conn, NULL);
	call = new_call(conn, "close");
	if (call) {
		call->code = code ? code : 1006;
		call->payload = lun_blob_new(reason, strlen(reason));
		send_call(call);
	}
	lun_conn_unref(conn);
}
