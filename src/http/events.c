#include <stdlib.h>

#include "http/answer.h"
#include "http/live.h"
#include "http/wire.h"

/* Interval of comment lines, which show whether the client is still connected. */
enum { KEEP_ALIVE_MS = 15000 };

static void drop(void *ctx)
{
	lun_wire_shutdown(ctx);
}

static bool write_next(struct mg_connection *conn, struct lun_conn *live)
{
	struct lun_message *message = NULL;
	char reason[124];
	int code, len;
	int got = lun_conn_next(live, KEEP_ALIVE_MS, &message, &code, reason);
	bool ok;

	if (got < 0)
		return false;
	if (got == 0)
		return mg_write(conn, ":\n\n", 3) == 3;
	len = (int)message->text->len;
	ok = mg_write(conn, message->text->data, message->text->len) == len;
	lun_message_free(message);
	return ok;
}

void lun_events_run(struct mg_connection *conn, struct lun_reply *reply)
{
	struct lun_conn *live = reply->conn;

	reply->conn = NULL;
	lun_conn_attach(live, (struct lun_transport){ drop, conn });
	if (lun_answer_events(conn, reply) && lun_conn_opened(live) == 0) {
		while (write_next(conn, live))
			;
	}
	lun_conn_gone(live, 1000, "");
}
