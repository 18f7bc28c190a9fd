#pragma once
/* Serves the explorer's files: embedded, or from web/dist below --root. */
#include "http/http.h"

/* Answers when the path names a file; else false. */
bool lun_static_answer(struct mg_connection *conn, const char *root);
/* Answers a request that no route has taken: browsers get the explorer, whose pages have paths of
 * their own; a method that would change a file gets 405. */
bool lun_static_rest(struct mg_connection *conn, const char *root);
