#include "vm/conn_private.h"

#include <errno.h>
#include <lauxlib.h>
#include <malloc.h>
#include <stdio.h>

#include "text/monotonic.h"

/* Limits of the send queues: of one connection, and of all together. */
enum {
	MAX_QUEUED = 4096,
	MAX_QUEUED_BYTES = 8 << 20,
	MAX_WAITING = 64 << 20,
	SMALL = 64 << 10,     /* a message of this size is always queued for an idle client */
	SHARED_MAX = 1 << 20, /* longest text that is kept for sharing */
	TRIM_AFTER = 8 << 20,
};

static atomic_size_t waiting; /* bytes in all queues */
static atomic_size_t freed;   /* bytes since the heap was last trimmed */

/* The text that was sent last. Subscribers of one topic usually get the same text: they share
 * it. */
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static struct lun_blob *shared;

struct lun_conn *lun_conn_ref(struct lun_conn *conn)
{
	atomic_fetch_add(&conn->refs, 1);
	return conn;
}

void lun_message_free(struct lun_message *message)
{
	lun_blob_unref(message->text);
	free(message);
}

static void take_message(struct lun_conn *conn, struct lun_message **message)
{
	*message = conn->first;
	conn->first = (*message)->next;
	if (!conn->first)
		conn->last = &conn->first;
	conn->queued--;
	conn->queued_bytes -= (*message)->text->len;
	atomic_fetch_sub(&waiting, (*message)->text->len);
}

static void free_messages(struct lun_conn *conn)
{
	struct lun_message *message;

	atomic_fetch_add(&freed, conn->queued_bytes);
	while (conn->first) {
		take_message(conn, &message);
		lun_message_free(message);
	}
}

/* After slow clients' queues are freed, gives the heap's free pages back to the kernel. */
static void trim_heap(void)
{
	size_t bytes = atomic_load(&freed);

	if (bytes >= TRIM_AFTER && atomic_compare_exchange_strong(&freed, &bytes, 0))
		malloc_trim(0);
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
	trim_heap();
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

/* One connection may queue at most the bytes that are still free of the total. So each of many slow
 * clients gets less, and clients that read are never dropped for them. */
static bool has_room(const struct lun_conn *conn, size_t len)
{
	size_t all = atomic_load(&waiting);
	size_t left = all < MAX_WAITING ? MAX_WAITING - all : 0;

	if (conn->queued >= MAX_QUEUED || conn->queued_bytes + len > MAX_QUEUED_BYTES)
		return false;
	return conn->queued_bytes + len <= left || (!conn->first && len <= SMALL);
}

/* Under the lock. 0 when one more message may be queued; a client that is too slow is dropped. */
static int admit(struct lun_conn *conn, size_t len)
{
	if (conn->closing || conn->gone)
		return -EPIPE;
	if (has_room(conn, len))
		return 0;
	start_closing(conn, 1013, "too slow");
	drop(conn);
	free_messages(conn);
	return -ENOBUFS;
}

/* A blob of the text: the last one sent when its text is the same. */
static struct lun_blob *share_text(const char *data, size_t len)
{
	struct lun_blob *text = NULL;

	if (len > SHARED_MAX)
		return lun_blob_new(data, len);
	pthread_mutex_lock(&shared_lock);
	if (!shared || shared->len != len || memcmp(shared->data, data, len) != 0) {
		lun_blob_unref(shared);
		shared = lun_blob_new(data, len);
	}
	text = lun_blob_ref(shared);
	pthread_mutex_unlock(&shared_lock);
	return text;
}

static struct lun_message *new_message(const char *data, size_t len)
{
	struct lun_message *message = calloc(1, sizeof(*message));

	if (!message)
		return NULL;
	message->text = share_text(data, len);
	if (message->text)
		return message;
	free(message);
	return NULL;
}

static void append(struct lun_conn *conn, struct lun_message *message)
{
	*conn->last = message;
	conn->last = &message->next;
	conn->queued++;
	conn->queued_bytes += message->text->len;
	atomic_fetch_add(&waiting, message->text->len);
	pthread_cond_signal(&conn->wake);
}

int lun_conn_send(struct lun_conn *conn, const char *data, size_t len)
{
	struct lun_message *message = new_message(data, len);
	int err;

	if (!message)
		return -ENOMEM;
	pthread_mutex_lock(&conn->lock);
	err = admit(conn, len);
	if (!err)
		append(conn, message);
	pthread_mutex_unlock(&conn->lock);
	if (err)
		lun_message_free(message);
	return err;
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
