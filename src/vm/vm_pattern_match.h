#pragma once
/* The matcher of Lua patterns; private to vm_pattern.c. */
#include <lua.h>
#include <stddef.h>

enum {
	LUN_CAPTURES = 32,
	LUN_MATCH_FUEL = 20000, /* steps between two checks of the time */
	LUN_CAPTURE_OPEN = -1,
	LUN_CAPTURE_POSITION = -2,
};

struct lun_match {
	lua_State *L;
	const char *begin, *end;           /* length of the subject; a NUL follows it */
	const char *pattern, *pattern_end; /* likewise */
	int fuel, depth, level;
	struct {
		const char *start;
		ptrdiff_t len;
	} capture[LUN_CAPTURES];
};

/* The end of the match that begins at s; NULL when there is none. Raises on a malformed pattern,
 * and when the time of the run is over. */
const char *lun_match(struct lun_match *m, const char *s);
