#pragma once
/* Shared by conn.c, conn_call.c, conn_lua.c, topic.c and clock.c; private to src/vm. */
#include <lua.h>
#include <pthread.h>
#include <stdatomic.h>

#include "vm/blob.h"
#include "vm/conn.h"
#include "vm/job.h"

struct lun_conn {
	atomic_uint refs;
	struct lun_conn *prev, *next; /* of the worker */
	struct lun_worker *worker;    /* held */
	unsigned epoch;
	int session;          /* registry reference in the worker's VM */
	bool events;          /* true: server-sent events; false: WebSocket */
	atomic_uint pending;  /* events that wait to run */
	atomic_uint dropped;  /* events dropped because too many waited */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	struct lun_message *first, **last;
	size_t queued, queued_bytes;
	struct lun_transport transport;
	bool closing, gone;
	int code;
	char reason[124];
};

/* Makes a connection of the running job's worker. Pops the session table from the stack. The caller
 * owns the first reference. Raises when memory is short. */
struct lun_conn *lun_conn_new(lua_State *L, bool events);
struct lun_conn *lun_conn_ref(struct lun_conn *conn);
void lun_conn_unref(struct lun_conn *conn);
/* Queues a message for the client. 0; -EPIPE when the connection is closed; -ENOBUFS when the
 * client was too slow and is now dropped; -ENOMEM. */
int lun_conn_send(struct lun_conn *conn, const char *data, size_t len);

/* Queues session:event(tag, payload). done (may be NULL) is called when the event has run, or at
 * once when the event is dropped because the connection has ended or too many events wait. */
void lun_conn_event(struct lun_conn *conn, struct lun_blob *tag, struct lun_blob *payload,
	void (*done)(void *ctx), void *ctx);

/* Pushes an empty Lua object and returns its slot, which owns the reference put into it. */
struct lun_conn **lun_conn_push(lua_State *L);
/* The slot of the Lua object at idx: it holds NULL once the connection has ended. NULL when the
 * value is no connection. */
struct lun_conn **lun_conn_slot(lua_State *L, int idx);

/* topic.c */
int lun_topic_subscribe(struct lun_conn *conn, const char *topic, struct lun_blob *tag);
/* Ends the subscriptions or timers with this tag; NULL: all of the connection. */
void lun_topic_unsubscribe(struct lun_conn *conn, const struct lun_blob *tag);
/* Both return how many subscribers the topic has. */
unsigned lun_topic_publish(const char *name, struct lun_blob *payload);
unsigned lun_topic_subscribers(const char *name);

/* clock.c: posts an event at an interval of so many seconds. */
int lun_clock_add(struct lun_conn *conn, double seconds, struct lun_blob *tag);
void lun_clock_remove(struct lun_conn *conn, const struct lun_blob *tag);
