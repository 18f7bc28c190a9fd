#include "vm/conn_private.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>

#include "text/monotonic.h"

/* What may wait for one client. */
enum { MAX_QUEUED = 4096, MAX_QUEUED_BYTES = 8 << 20 };

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
	lun_cond_init(&conn->wake);
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

	lun_seconds_from_now(&until, timeout_ms / 1e3);
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
