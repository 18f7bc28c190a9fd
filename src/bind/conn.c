#include "bind/conn_private.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <time.h>

#include "bind/pack.h"

/* What may wait for one client, and for one connection's callbacks. */
enum { MAX_QUEUED = 4096, MAX_QUEUED_BYTES = 8 << 20, MAX_PENDING = 256 };

struct lun_conn *lun_conn_ref(struct lun_conn *conn)
{
	atomic_fetch_add(&conn->refs, 1);
	return conn;
}

static void free_messages(struct lun_conn *conn)
{
	while (conn->first) {
		struct lun_message *message = conn->first;

		conn->first = message->next;
		free(message);
	}
}

void lun_conn_unref(struct lun_conn *conn)
{
	if (atomic_fetch_sub(&conn->refs, 1) != 1)
		return;
	free_messages(conn);
	lun_worker_remove_conn(conn->worker, conn);
	lun_worker_release(conn->worker);
	pthread_cond_destroy(&conn->wake);
	pthread_mutex_destroy(&conn->lock);
	free(conn);
}

static void init_cond(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static struct lun_conn *new_conn(bool events)
{
	struct lun_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	atomic_init(&conn->refs, 1);
	conn->events = events;
	conn->last = &conn->first;
	conn->worker = lun_worker_hold(lun_worker_current());
	conn->epoch = lun_worker_epoch(conn->worker);
	pthread_mutex_init(&conn->lock, NULL);
	init_cond(&conn->wake);
	lun_worker_add_conn(conn->worker, conn);
	return conn;
}

struct lun_conn *lun_conn_new(lua_State *L, bool events)
{
	struct lun_conn **slot = lun_conn_push(L); // session, closed object
	struct lun_conn *conn = *slot = new_conn(events);

	if (!conn)
		luaL_error(L, "not enough memory");
	lua_setfield(L, -2, "conn");
	conn->session = luaL_ref(L, LUA_REGISTRYINDEX);
	return lun_conn_ref(conn);
}

void lun_conn_attach(struct lun_conn *conn, struct lun_transport transport)
{
	pthread_mutex_lock(&conn->lock);
	conn->transport = transport;
	pthread_mutex_unlock(&conn->lock);
}

static void drop(struct lun_conn *conn)
{
	if (conn->transport.drop)
		conn->transport.drop(conn->transport.ctx);
	conn->transport.drop = NULL;
}

/* Under the lock. */
static void start_closing(struct lun_conn *conn, int code, const char *reason)
{
	if (conn->closing)
		return;
	conn->closing = true;
	conn->code = code;
	snprintf(conn->reason, sizeof(conn->reason), "%s", reason);
	pthread_cond_signal(&conn->wake);
}

void lun_conn_close(struct lun_conn *conn, int code, const char *reason)
{
	pthread_mutex_lock(&conn->lock);
	start_closing(conn, code, reason);
	pthread_mutex_unlock(&conn->lock);
}

/* Under the lock: is there room for one more message? A client too slow is dropped. */
static int admit(struct lun_conn *conn, size_t len)
{
	if (conn->closing || conn->gone)
		return -EPIPE;
	if (conn->queued < MAX_QUEUED && conn->queued_bytes + len <= MAX_QUEUED_BYTES)
		return 0;
	start_closing(conn, 1013, "too slow");
	drop(conn);
	return -ENOBUFS;
}

int lun_conn_send(struct lun_conn *conn, const char *data, size_t len)
{
	struct lun_message *message = malloc(sizeof(*message) + len);
	int err;

	if (!message)
		return -ENOMEM;
	message->next = NULL;
	message->len = len;
	memcpy(message->data, data, len);
	pthread_mutex_lock(&conn->lock);
	err = admit(conn, len);
	if (!err) {
		*conn->last = message;
		conn->last = &message->next;
		conn->queued++;
		conn->queued_bytes += len;
		pthread_cond_signal(&conn->wake);
	}
	pthread_mutex_unlock(&conn->lock);
	if (err)
		free(message);
	return err;
}

static void take_message(struct lun_conn *conn, struct lun_message **message)
{
	*message = conn->first;
	conn->first = (*message)->next;
	if (!conn->first)
		conn->last = &conn->first;
	conn->queued--;
	conn->queued_bytes -= (*message)->len;
}

int lun_conn_next(struct lun_conn *conn, int timeout_ms, struct lun_message **message, int *code,
	char *reason)
{
	struct timespec until;
	int result = 0, err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&conn->lock);
	while (!conn->first && !conn->closing && !conn->gone && !err)
		err = pthread_cond_timedwait(&conn->wake, &conn->lock, &until);
	if (conn->gone || (!conn->first && conn->closing)) {
		result = -1;
		*code = conn->code;
		memcpy(reason, conn->reason, sizeof(conn->reason));
	} else if (conn->first) {
		take_message(conn, message);
		result = 1;
	}
	pthread_mutex_unlock(&conn->lock);
	return result;
}

/* A callback of the session, as a job. */
struct call {
	struct lun_job job;
	struct lun_conn *conn;
	const char *method;
	struct lun_blob *tag, *payload; /* packed; or payload is the text of a message */
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

/* The session's object holds the connection no longer: garbage must not keep a VM alive. */
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

/* session:method(...). After the end there is only close(), which ends the session too. */
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

static void free_call(struct call *call)
{
	if (call->done)
		call->done(call->ctx);
	lun_blob_unref(call->tag);
	lun_blob_unref(call->payload);
	lun_conn_unref(call->conn);
	free(call);
}

/* The session catches what its callbacks raise: what comes here is the end of it. */
static void finish_call(struct lun_job *job, const char *err)
{
	struct call *call = (struct call *)job;

	if (err)
		lun_conn_close(call->conn, 1011, "internal error");
	free_call(call);
}

static struct call *new_call(struct lun_conn *conn, const char *method)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->job = (struct lun_job){ .call = l_call, .finish = finish_call };
	call->conn = lun_conn_ref(conn);
	call->method = method;
	return call;
}

static int send_call(struct call *call)
{
	int err = lun_job_send(call->conn->worker, &call->job);

	if (err)
		free_call(call);
	return err;
}

int lun_conn_opened(struct lun_conn *conn)
{
	struct call *call = new_call(conn, "open");

	return call ? send_call(call) : -ENOMEM;
}

/* Waits for the end of a message's callback: the client's next message waits too. */
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

int lun_conn_message(struct lun_conn *conn, const char *text, size_t len)
{
	struct waiter waiter = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
	struct call *call = new_call(conn, "message");
	int err;

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

static void finish_event(struct lun_job *job, const char *err)
{
	release_pending(((struct call *)job)->conn);
	finish_call(job, err);
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
	if (lun_job_send(conn->worker, &call->job)) {
		release_pending(conn);
		free_call(call);
	}
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
