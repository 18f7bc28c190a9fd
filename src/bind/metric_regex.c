/*
 * Regular expressions in Lua by libpcre2, in a mode in which patterns written for RE2 mean the
 * same. Steps and memory of a match are limited, so that no pattern blocks a thread.
 */
#include "bind/metric.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "vm/names.h"

enum {
	MAX_GROUPS = 10,
	MOST_STEPS = 200000, /* search steps for one text: a few milliseconds */
	MOST_KIB = 4096,
	MOST_PATTERN = 16384, /* bytes */
};

struct pattern {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

static int l_regex_gc(lua_State *L)
{
	struct pattern *p = luaL_checkudata(L, 1, LUN_REGEX);

	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->match);
	pcre2_code_free(p->code);
	*p = (struct pattern){ 0 };
	return 0;
}

/* nil, "regexp 'PATTERN' does not compile: why" */
static int fail_compile(lua_State *L, const char *text, const char *why)
{
	luaL_pushfail(L);
	lua_pushlstring(L, text, strnlen(text, 100));
	lua_pushfstring(L, "regexp '%s' does not compile: %s", lua_tostring(L, -1), why);
	lua_remove(L, -2);
	return 2;
}

static int fail_at(lua_State *L, const char *text, int err, size_t offset)
{
	unsigned char message[256];

	pcre2_get_error_message(err, message, sizeof(message));
	return fail_compile(L, text,
		lua_pushfstring(L, "%s, at byte %I", (const char *)message, (lua_Integer)offset));
}

static void set_limits(pcre2_match_context *limits)
{
	pcre2_set_match_limit(limits, MOST_STEPS);
	pcre2_set_depth_limit(limits, MOST_STEPS);
	pcre2_set_heap_limit(limits, MOST_KIB);
}

/* regex(pattern) -> regex | nil, message */
static int l_regex(lua_State *L)
{
	const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
		PCRE2_NEVER_BACKSLASH_C;
	size_t len, offset;
	const char *text = luaL_checklstring(L, 1, &len);
	struct pattern *p = lua_newuserdatauv(L, sizeof(*p), 1);
	int err;

	*p = (struct pattern){ 0 };
	luaL_setmetatable(L, LUN_REGEX);
	if (len > MOST_PATTERN)
		return fail_compile(
			L, text, lua_pushfstring(L, "longer than %d bytes", MOST_PATTERN));
	p->code = pcre2_compile((PCRE2_SPTR)text, len, options, &err, &offset, NULL);
	if (!p->code)
		return fail_at(L, text, err, offset);
	p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->match || !p->limits)
		return luaL_error(L, "not enough memory");
	set_limits(p->limits);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1); // for messages
	return 1;
}

static void push_groups(lua_State *L, const struct pattern *p, const char *text, uint32_t n)
{
	const size_t *at = pcre2_get_ovector_pointer(p->match);

	for (uint32_t i = 0; i < n; i++) {
		if (at[2 * i] == PCRE2_UNSET || at[2 * i] > at[2 * i + 1])
			lua_pushboolean(L, 0);
		else
			lua_pushlstring(L, text + at[2 * i], at[2 * i + 1] - at[2 * i]);
	}
}

/* regex:match(text) -> the whole match, groups... (false where one took no part) | nil; raises
 * when a limit is passed */
static int l_regex_match(lua_State *L)
{
	struct pattern *p = luaL_checkudata(L, 1, LUN_REGEX);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);
	unsigned char message[128];
	uint32_t n;
	int found;

	luaL_argcheck(L, p->code, 1, "regex is closed");
	found = pcre2_match(p->code, (PCRE2_SPTR)text, len, 0, 0, p->match, p->limits);
	if (found == PCRE2_ERROR_NOMATCH) {
		luaL_pushfail(L);
		return 1;
	}
	if (found < 0) {
		pcre2_get_error_message(found, message, sizeof(message));
		lua_getiuservalue(L, 1, 1);
		return luaL_error(L, "regexp '%s': %s", lua_tostring(L, -1), (const char *)message);
	}
	n = pcre2_get_ovector_count(p->match);
	n = n < MAX_GROUPS ? n : MAX_GROUPS;
	push_groups(L, p, text, n);
	return (int)n;
}

static const luaL_Reg functions[] = {
	{ "regex", l_regex },
	{ NULL, NULL },
};

static const luaL_Reg methods[] = {
	{ "match", l_regex_match },
	{ "__gc", l_regex_gc },
	{ NULL, NULL },
};

void lun_metric_open_regex(lua_State *L)
{
	lun_metric_class(L, LUN_REGEX, methods);
	luaL_setfuncs(L, functions, 0);
}
