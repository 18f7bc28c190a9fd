#pragma once
/* The explorer's files: embedded, or from web/dist below --root. */
#include "http/http.h"

/* Answers when the path names a file. */
bool lun_static_answer(struct mg_connection *conn, const char *root);
/* What no route has taken: the explorer, whose own pages have paths like that, for browsers; 405
 * for what would change a file. */
bool lun_static_rest(struct mg_connection *conn, const char *root);
