#pragma once
/*
 * Foreign text for a terminal, on one line: what a terminal would obey is written as what it is.
 * The same as lunette.runtime.escape.terminal() in Lua.
 */
#include "text/out.h"

/* Control characters as \x1b, C1 and bidirectional ones as \u{9b}, bytes that are not UTF-8 as
 * \xff. */
void lun_terminal_text(struct lun_out *out, const char *s, size_t len);
/* The number of characters of such a text. */
size_t lun_terminal_width(const char *s, size_t len);
