/*
 * json.members: the members of a JSON object as pieces of its text, all of it checked, so that an
 * answer of another host can be passed on as it is, without a Lua value for each of its parts.
 */
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "text/json.h"
#include "vm/json_read.h"

enum { MAX_DEPTH = 100 };

struct scan {
	const char *at, *end;
};

static bool value(struct scan *s, int depth);

static void blanks(struct scan *s)
{
	while (s->at < s->end && *s->at && strchr(" \t\r\n", *s->at))
		s->at++;
}

static bool skip(struct scan *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static size_t digits(struct scan *s)
{
	const char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - from);
}

static bool number(struct scan *s)
{
	skip(s, '-');
	if (!skip(s, '0') && !digits(s))
		return false;
	if (skip(s, '.') && !digits(s))
		return false;
	if (!skip(s, 'e') && !skip(s, 'E'))
		return true;
	if (!skip(s, '+'))
		skip(s, '-');
	return digits(s) > 0;
}

static bool escape(struct scan *s)
{
	char c = s->at < s->end ? *s->at++ : '\0';

	if (c != 'u')
		return c && strchr("\"\\/bfnrt", c);
	for (int i = 0; i < 4; i++, s->at++) {
		if (s->at == s->end || !*s->at || !strchr("0123456789abcdefABCDEF", *s->at))
			return false;
	}
	return true;
}

static bool string(struct scan *s)
{
	if (!skip(s, '"'))
		return false;
	while (s->at < s->end && *s->at != '"') {
		size_t len;

		if ((unsigned char)*s->at < 0x20)
			return false;
		if (skip(s, '\\')) {
			if (!escape(s))
				return false;
			continue;
		}
		len = lun_utf8_len(s->at, (size_t)(s->end - s->at));
		if (!len)
			return false;
		s->at += len;
	}
	return skip(s, '"');
}

static bool name(struct scan *s)
{
	blanks(s);
	if (!string(s))
		return false;
	blanks(s);
	return skip(s, ':');
}

/* The items of a list, or the members of an object, behind the opening bracket. */
static bool items(struct scan *s, char close, int depth)
{
	blanks(s);
	if (skip(s, close))
		return true;
	do {
		if ((close == '}' && !name(s)) || !value(s, depth + 1))
			return false;
		blanks(s);
	} while (skip(s, ','));
	return skip(s, close);
}

static bool word(struct scan *s, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, text, len) != 0)
		return false;
	s->at += len;
	return true;
}

static bool value(struct scan *s, int depth)
{
	blanks(s);
	if (depth > MAX_DEPTH || s->at == s->end)
		return false;
	if (*s->at == '"')
		return string(s);
	if (skip(s, '{'))
		return items(s, '}', depth);
	if (skip(s, '['))
		return items(s, ']', depth);
	return word(s, "null") || word(s, "true") || word(s, "false") || number(s);
}

/* Adds a member to the table on top: its name as it is written, without quotes. */
static bool member(lua_State *L, struct scan *s)
{
	const char *from, *stop;

	blanks(s);
	from = s->at;
	if (!string(s))
		return false;
	lua_pushlstring(L, from + 1, (size_t)(s->at - from) - 2);
	blanks(s);
	if (!skip(s, ':'))
		return false;
	blanks(s);
	from = s->at;
	if (!value(s, 1))
		return false;
	stop = s->at;
	lua_pushlstring(L, from, (size_t)(stop - from));
	lua_rawset(L, -3);
	blanks(s);
	return true;
}

int lun_json_members(lua_State *L)
{
	struct scan s;
	size_t len;

	s.at = luaL_checklstring(L, 1, &len);
	s.end = s.at + len;
	lua_settop(L, 1);
	lua_newtable(L);
	blanks(&s);
	if (!skip(&s, '{'))
		return 0;
	blanks(&s);
	if (!skip(&s, '}')) {
		do {
			if (!member(L, &s))
				return 0;
		} while (skip(&s, ','));
		if (!skip(&s, '}'))
			return 0;
	}
	blanks(&s);
	lua_settop(L, 2);
	return s.at == s.end ? 1 : 0;
}
