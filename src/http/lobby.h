#pragma once
/*
 * Where connections wait that no thread works on: new ones until a thread is free, idle ones until
 * their client sends something. Threads are started when they are needed. When all are busy, the
 * lobby's own thread answers /healthz and /readyz, and 503 to what waits too long. One a process.
 */
#include <stdbool.h>
#include <stddef.h>

enum { LUN_LOBBY_STATE = 256 };

struct lun_lobby_config {
	unsigned threads; /* at most */
	/* Starts thread number n, counted from 0, which calls lun_lobby_next. 0 or an errno. */
	int (*start)(void *ctx, unsigned n);
	void *ctx;
};

/* What a connection is to those who work on it: its socket, and bytes that only they know. */
struct lun_guest {
	int fd;
	bool plain; /* no TLS: its bytes can be looked at */
	bool idle;  /* it has had an answer, and may be closed without one */
	size_t len;
	char state[LUN_LOBBY_STATE];
};

/* 0, or an errno: the lobby's thread can't be started. */
int lun_lobby_open(const struct lun_lobby_config *config);
/* Starts the first thread: 0, or the errno of its start. */
int lun_lobby_start(void);
/* A connection that has something to say, or may have soon. */
void lun_lobby_enter(const struct lun_guest *guest);
/* A connection that has nothing to say. False: the lobby is full or closed; it stays the caller's.
 */
bool lun_lobby_park(const struct lun_guest *guest);
/* An answered connection whose sending side is shut down: throws away what its client still sends,
 * and closes it when the client does, or after a second. False: it stays the caller's. */
bool lun_lobby_farewell(int fd);
/* Waits for the next connection to work on; false at the end. */
bool lun_lobby_next(struct lun_guest *guest);
/* Does a connection wait for a thread? */
bool lun_lobby_is_crowded(void);
/* Descriptors are short: closes the connection that has been idle for the longest. */
void lun_lobby_shed(void);
/* Closes all that wait; lun_lobby_next returns false from now on. */
void lun_lobby_end(void);
/* Frees it, when no thread uses it any more. */
void lun_lobby_close(void);
