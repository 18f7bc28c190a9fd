#include "vm/json_read.h"

#include <lauxlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_DEPTH = 100,
	LIST_META = 2, /* arguments of lun_json_read */
	EMPTY_META,
	BIG_META,
	MAX_WHOLE = 20, /* digits of the largest 64-bit number */
	MAX_EXPONENT = 1 << 30,
	SHOWN = 20, /* bytes of the text quoted in an error message */
};

/* From 2^53 on a double can't hold every whole number. */
#define EXACT 9007199254740992.0
#define LARGEST "18446744073709551615"

struct reader {
	lua_State *L;
	const char *text, *at, *end;
	int depth;
};

static int fail(struct reader *r, const char *what)
{
	size_t left = (size_t)(r->end - r->at);

	lua_pushlstring(r->L, r->at, left < SHOWN ? left : SHOWN);
	return luaL_error(r->L, "byte %d: %s, found %s%s%s", (int)(r->at - r->text + 1), what,
		left ? "'" : "the end", lua_tostring(r->L, -1), left ? "'" : "");
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at)
		r->at++;
}

/* The byte at the read position; 0 at the end. A NUL in the text is 0, too: no token begins with
 * it. */
static char peek(const struct reader *r)
{
	return r->at < r->end ? *r->at : '\0';
}

static bool is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

static const char *skip_digits(const char *p, const char *end)
{
	while (is_digit(p, end))
		p++;
	return p;
}

/* The end of the number at p; NULL when there is no number. */
static const char *number_end(const char *p, const char *end, bool *whole)
{
	p += p < end && *p == '-';
	if (!is_digit(p, end))
		return NULL;
	p = *p == '0' ? p + 1 : skip_digits(p, end);
	*whole = true;
	if (p < end && *p == '.') {
		if (!is_digit(p + 1, end))
			return NULL;
		p = skip_digits(p + 1, end);
		*whole = false;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		if (!is_digit(p, end))
			return NULL;
		p = skip_digits(p, end);
		*whole = false;
	}
	return p;
}

/* Pushes a whole number of `len` digits (no sign, no leading zeros). */
static void push_whole(lua_State *L, bool negative, const char *digits, size_t len)
{
	uint64_t most = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, v = 0;
	size_t i = 0;

	for (; i < len && len <= MAX_WHOLE; i++) {
		uint64_t digit = (uint64_t)(digits[i] - '0');

		if (v > (most - digit) / 10)
			break;
		v = v * 10 + digit;
	}
	if (i == len)
		lua_pushinteger(L, (lua_Integer)(negative ? 0 - v : v));
	else
		lua_pushfstring(L, "%s%s", negative ? "-" : "", lua_pushlstring(L, digits, len));
	if (i < len)
		lua_remove(L, -2);
}

/* The digits of a number without its point: the point's position, and the first and last digits
 * that are not 0 (-1: all are 0). */
struct mantissa {
	const char *text, *end;
	long point, first, last;
};

static struct mantissa read_mantissa(const char *p, const char *end)
{
	struct mantissa m = { .text = p, .point = -1, .first = -1, .last = -1 };
	long seen = 0;

	for (; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			m.point = seen;
			continue;
		}
		if (*p != '0') {
			m.first = m.first < 0 ? seen : m.first;
			m.last = seen;
		}
		seen++;
	}
	m.end = p;
	m.point = m.point < 0 ? seen : m.point;
	return m;
}

/* Writes the digits of a number that has a point or an exponent (no sign) when it is whole and fits
 * in 64 bits. Returns their count, else 0. */
static size_t whole_digits(const char *text, const char *end, char digits[MAX_WHOLE])
{
	struct mantissa m = read_mantissa(text, end);
	long exponent = m.end < end ? strtol(m.end + 1, NULL, 10) : 0;
	long stop, at = 0;

	if (m.first < 0 || labs(exponent) > MAX_EXPONENT)
		return 0;
	stop = m.point + exponent; /* behind the last digit before the point */
	if (stop - m.first < 1 || stop - m.first > MAX_WHOLE || m.last >= stop)
		return 0;
	memset(digits, '0', MAX_WHOLE);
	for (const char *p = m.text; p < m.end; p++) {
		if (*p == '.')
			continue;
		if (at >= m.first && at < stop)
			digits[at - m.first] = *p;
		at++;
	}
	if (stop - m.first == MAX_WHOLE && memcmp(digits, LARGEST, MAX_WHOLE) > 0)
		return 0;
	return (size_t)(stop - m.first);
}

/* Pushes a double; or the exact whole number where the double would be rounded. */
static void push_real(lua_State *L, const char *text, const char *end)
{
	bool negative = *text == '-';
	char digits[MAX_WHOLE];
	size_t n = 0;
	double d;

	lua_pushlstring(L, text, (size_t)(end - text));
	if (lua_stringtonumber(L, lua_tostring(L, -1)))
		lua_remove(L, -2);
	d = lua_tonumber(L, -1);
	if (isfinite(d) && fabs(d) < EXACT)
		return;
	if (isfinite(d))
		n = whole_digits(text + negative, end, digits);
	if (isfinite(d) && !n)
		return;
	lua_pop(L, 1);
	if (n)
		push_whole(L, negative, digits, n);
	else
		lua_pushnil(L);
}

/* Pushes the number at p, whose end is known. */
static void push_number(lua_State *L, const char *p, const char *end, bool whole)
{
	bool negative = *p == '-';

	if (whole)
		push_whole(L, negative, p + negative, (size_t)(end - p - negative));
	else
		push_real(L, p, end);
}

void lun_json_push_number(lua_State *L, const char *text, size_t len)
{
	bool whole;

	if (len && number_end(text, text + len, &whole) == text + len)
		push_number(L, text, text + len, whole);
	else
		lua_pushnil(L);
}

static void read_number(struct reader *r)
{
	bool whole;
	const char *end = number_end(r->at, r->end, &whole);

	if (!end)
		fail(r, "a number needs digits");
	push_number(r->L, r->at, end, whole);
	if (lua_isnil(r->L, -1))
		fail(r, "the number is too large");
	r->at = end;
	if (lua_type(r->L, -1) != LUA_TSTRING || lua_isnil(r->L, BIG_META))
		return;
	lua_createtable(r->L, 0, 1);
	lua_insert(r->L, -2);
	lua_setfield(r->L, -2, "digits");
	lua_pushvalue(r->L, BIG_META);
	lua_setmetatable(r->L, -2);
}

/* Reads four hex digits at p; -1 when they are not hex digits. */
static long hex4(const struct reader *r, const char *p)
{
	char digits[5] = "";

	if (r->end - p < 4)
		return -1;
	memcpy(digits, p, 4);
	return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

/* Reads \uXXXX, or a surrogate pair of two of them. Half a pair becomes U+FFFD. */
static void read_unicode(struct reader *r, luaL_Buffer *b)
{
	long code = hex4(r, r->at + 2), low;

	if (code < 0)
		fail(r, "\\u needs four hex digits");
	r->at += 6;
	if (code >= 0xd800 && code < 0xdc00 && r->end - r->at >= 6 && r->at[0] == '\\' &&
		r->at[1] == 'u') {
		low = hex4(r, r->at + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			r->at += 6;
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	if (code >= 0xd800 && code < 0xe000)
		code = 0xfffd;
	lua_pushfstring(r->L, "%U", code);
	luaL_addvalue(b);
}

static void read_escape(struct reader *r, luaL_Buffer *b)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *known = r->at + 1 < r->end && r->at[1] ? strchr(from, r->at[1]) : NULL;

	if (r->at + 1 < r->end && r->at[1] == 'u') {
		read_unicode(r, b);
		return;
	}
	if (!known)
		fail(r, "an unknown escape");
	luaL_addchar(b, to[known - from]);
	r->at += 2;
}

/* Reads the string whose quote is at the read position. */
static void read_string(struct reader *r)
{
	luaL_Buffer b;

	luaL_buffinit(r->L, &b);
	for (r->at++; peek(r) != '"';) {
		const char *run = r->at;

		while (r->at < r->end && (unsigned char)*r->at >= 0x20 && *r->at != '"' &&
			*r->at != '\\')
			r->at++;
		luaL_addlstring(&b, run, (size_t)(r->at - run));
		if (peek(r) == '\\')
			read_escape(r, &b);
		else if (peek(r) != '"')
			fail(r,
				r->at < r->end ? "a control character in a string"
					       : "a string has no end");
	}
	r->at++;
	luaL_pushresult(&b);
}

static void read_value(struct reader *r);

/* After an item: true when a comma follows, false at the closing bracket. */
static bool more(struct reader *r, char close)
{
	skip_blanks(r);
	if (peek(r) == ',') {
		r->at++;
		return true;
	}
	if (peek(r) != close || r->at == r->end)
		fail(r, close == ']' ? "',' or ']' is expected" : "',' or '}' is expected");
	r->at++;
	return false;
}

/* After an opening bracket: true when it closes at once. */
static bool closed(struct reader *r, char close)
{
	if (++r->depth > MAX_DEPTH)
		fail(r, "nested deeper than 100");
	luaL_checkstack(r->L, 8, "json");
	r->at++;
	skip_blanks(r);
	if (r->at == r->end || *r->at != close)
		return false;
	r->at++;
	return true;
}

static void read_list(struct reader *r)
{
	lua_Integer n = 0;

	lua_newtable(r->L);
	lua_pushvalue(r->L, LIST_META);
	lua_setmetatable(r->L, -2);
	if (!closed(r, ']')) {
		do {
			read_value(r);
			lua_rawseti(r->L, -2, ++n);
		} while (more(r, ']'));
	}
	r->depth--;
}

static void read_member(struct reader *r)
{
	skip_blanks(r);
	if (peek(r) != '"')
		fail(r, "a name in quotes is expected");
	read_string(r);
	skip_blanks(r);
	if (peek(r) != ':')
		fail(r, "':' is expected");
	r->at++;
	read_value(r);
	lua_rawset(r->L, -3);
}

static void read_object(struct reader *r)
{
	lua_newtable(r->L);
	if (!closed(r, '}')) {
		do {
			read_member(r);
		} while (more(r, '}'));
	} else if (!lua_isnil(r->L, EMPTY_META)) {
		lua_pushvalue(r->L, EMPTY_META);
		lua_setmetatable(r->L, -2);
	}
	r->depth--;
}

static bool read_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return false;
	r->at += len;
	return true;
}

static void read_value(struct reader *r)
{
	skip_blanks(r);
	switch (peek(r)) {
	case '"':
		read_string(r);
		return;
	case '[':
		read_list(r);
		return;
	case '{':
		read_object(r);
		return;
	}
	if (peek(r) == '-' || is_digit(r->at, r->end))
		read_number(r);
	else if (read_word(r, "null"))
		lua_pushlightuserdata(r->L, NULL);
	else if (read_word(r, "true"))
		lua_pushboolean(r->L, true);
	else if (read_word(r, "false"))
		lua_pushboolean(r->L, false);
	else
		fail(r, "a value is expected");
}

int lun_json_read(lua_State *L)
{
	struct reader r = { .L = L };
	size_t len;

	r.text = r.at = luaL_checklstring(L, 1, &len);
	r.end = r.text + len;
	lua_settop(L, BIG_META);
	luaL_checktype(L, LIST_META, LUA_TTABLE);
	read_value(&r);
	skip_blanks(&r);
	if (r.at < r.end)
		fail(&r, "nothing may follow the value");
	return 1;
}
