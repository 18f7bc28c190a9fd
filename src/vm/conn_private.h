#pragma once
/* What conn.c, conn_lua.c, topic.c and clock.c share of a connection. */
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
	bool events;          /* server-sent events, else WebSocket */
	atomic_uint pending;  /* events that wait to run */
	atomic_uint dropped;  /* events for which there was no room */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	struct lun_message *first, **last;
	size_t queued, queued_bytes;
	struct lun_transport transport;
	bool closing, gone;
	int code;
	char reason[124];
};

/* A connection of the running job's worker; the session table is on top of the stack and is
 * popped. Raises when memory is short. The caller has the first reference. */
struct lun_conn *lun_conn_new(lua_State *L, bool events);
struct lun_conn *lun_conn_ref(struct lun_conn *conn);
void lun_conn_unref(struct lun_conn *conn);
/* Queues a message for the client. 0, -EPIPE when it is closed, -ENOBUFS when the client is
 * too slow and is dropped for it, -ENOMEM. */
int lun_conn_send(struct lun_conn *conn, const char *data, size_t len);

/* Runs session:event(tag, payload) in the VM. done (may be NULL) is called when it has run, or
 * at once when the event is not sent: the connection has ended, or too many wait. */
void lun_conn_event(struct lun_conn *conn, struct lun_blob *tag, struct lun_blob *payload,
	void (*done)(void *ctx), void *ctx);

/* Pushes a closed Lua object and returns its slot, which owns a reference once it is set. */
struct lun_conn **lun_conn_push(lua_State *L);
/* The slot of the Lua object at idx, which is NULL inside once the connection has ended; NULL
 * when the value is none. */
struct lun_conn **lun_conn_slot(lua_State *L, int idx);

/* topic.c */
int lun_topic_subscribe(struct lun_conn *conn, const char *topic, struct lun_blob *tag);
/* Ends what has this tag; NULL: all of the connection's. */
void lun_topic_unsubscribe(struct lun_conn *conn, const struct lun_blob *tag);

/* clock.c: an event every so many seconds. */
int lun_clock_add(struct lun_conn *conn, double seconds, struct lun_blob *tag);
void lun_clock_remove(struct lun_conn *conn, const struct lun_blob *tag);
