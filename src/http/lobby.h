#pragma once
/*
 * Connections without a thread: new ones until a thread is free, and idle ones until their client
 * sends something. The lobby starts threads when they are needed. When all are busy, the lobby's
 * own thread answers /healthz and /readyz, and sends 503 to connections that have waited too long.
 * One per process.
 */
#include <stdbool.h>
#include <stddef.h>

enum { LUN_LOBBY_STATE = 256 };

struct lun_lobby_config {
	unsigned threads; /* at most */
	/* Starts thread number n (from 0), which calls lun_lobby_next. 0 or an errno. */
	int (*start)(void *ctx, unsigned n);
	void *ctx;
};

/* A connection: its socket, and the server's state, which the lobby does not read. */
struct lun_guest {
	int fd;
	bool plain; /* no TLS: the lobby can read its bytes */
	bool idle;  /* has had an answer: may be closed without one */
	size_t len;
	char state[LUN_LOBBY_STATE];
};

/* 0; or an errno when the lobby's thread can't be started. */
int lun_lobby_open(const struct lun_lobby_config *config);
/* Starts the first worker thread. 0 or an errno. */
int lun_lobby_start(void);
/* Adds a connection that has data, or soon may have. */
void lun_lobby_enter(const struct lun_guest *guest);
/* Adds an idle connection. False when the lobby is full or closed: the caller keeps it. */
bool lun_lobby_park(const struct lun_guest *guest);
/* Takes an answered connection whose sending side is shut down: discards what its client still
 * sends, and closes it when the client does, or after a second. False: the caller keeps it. */
bool lun_lobby_linger(int fd);
/* Waits for the next connection to serve; false at the end. */
bool lun_lobby_next(struct lun_guest *guest);
/* True when a connection waits for a thread. */
bool lun_lobby_is_crowded(void);
/* Descriptors are short: closes the connection that has been idle longest. */
void lun_lobby_shed(void);
/* Closes all waiting connections; lun_lobby_next returns false from now on. */
void lun_lobby_end(void);
/* Frees the lobby; no thread may use it any more. */
void lun_lobby_close(void);
