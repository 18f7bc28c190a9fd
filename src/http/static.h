#pragma once
/* The explorer's files: embedded, or from web/dist below --root. */
#include "http/http.h"

/* Answers when the path names a file. */
bool lun_static_answer(struct mg_connection *conn, const char *root);
/* Answers with the explorer, whose own pages have paths that no route has: for browsers. */
bool lun_static_page(struct mg_connection *conn, const char *root);
