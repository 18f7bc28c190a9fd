#include "vm/vm_pattern.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "vm/vm_pattern_match.h"

typedef struct lun_match match;

static void push_capture(match *m, int i, const char *from, const char *to)
{
	if (i >= m->level) {
		if (i)
			luaL_error(m->L, "invalid capture index %%%d", i + 1);
		lua_pushlstring(m->L, from, (size_t)(to - from));
	} else if (m->capture[i].len == LUN_CAPTURE_POSITION) {
		lua_pushinteger(m->L, m->capture[i].start - m->begin + 1);
	} else if (m->capture[i].len == LUN_CAPTURE_OPEN) {
		luaL_error(m->L, "unfinished capture");
	} else {
		lua_pushlstring(m->L, m->capture[i].start, (size_t)m->capture[i].len);
	}
}

/* Pushes all captures, or the whole match when the pattern has no captures; nothing when from is
 * NULL. */
static int push_captures(match *m, const char *from, const char *to)
{
	int n = m->level == 0 && from ? 1 : m->level;

	luaL_checkstack(m->L, n, "too many captures");
	for (int i = 0; i < n; i++)
		push_capture(m, i, from, to);
	return n;
}

static void init(match *m, lua_State *L, int subject, int pattern)
{
	size_t len;

	m->L = L;
	m->begin = lua_tolstring(L, subject, &len);
	m->end = m->begin + len;
	m->pattern = lua_tolstring(L, pattern, &len);
	m->pattern_end = m->pattern + len;
	m->fuel = LUN_MATCH_FUEL;
}

/* The start offset as string.find takes it: negative from the end. len + 1 or more: no match. */
static size_t start_of(lua_State *L, int idx, size_t len)
{
	lua_Integer at = luaL_optinteger(L, idx, 1);

	if (at > 0)
		return (lua_Unsigned)at - 1 > len ? len + 1 : (size_t)at - 1;
	if (at == 0 || at < -(lua_Integer)len)
		return 0;
	return len - (size_t)-at;
}

static bool is_plain(const char *pattern, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr("^$*+?.([%-", pattern[i]) && pattern[i])
			return false;
	}
	return true;
}

/* Finds a plain text in linear time: short ones by their first character, long ones by memmem. */
static const char *find_text(const char *s, size_t len, const char *wanted, size_t wanted_len)
{
	enum { SHORT = 32 };
	const char *last;

	if (wanted_len == 0 || wanted_len > SHORT || wanted_len > len)
		return memmem(s, len, wanted, wanted_len);
	last = s + len - wanted_len;
	while (s <= last && (s = memchr(s, *wanted, (size_t)(last - s) + 1))) {
		if (memcmp(s, wanted, wanted_len) == 0)
			return s;
		s++;
	}
	return NULL;
}

static int find_plain(lua_State *L, const char *s, size_t len, size_t at)
{
	size_t wanted_len;
	const char *wanted = lua_tolstring(L, 2, &wanted_len);
	const char *found = find_text(s + at, len - at, wanted, wanted_len);

	if (!found) {
		luaL_pushfail(L);
		return 1;
	}
	lua_pushinteger(L, found - s + 1);
	lua_pushinteger(L, found - s + (lua_Integer)wanted_len);
	return 2;
}

static int push_found(match *m, const char *from, const char *to, bool find)
{
	if (!find)
		return push_captures(m, from, to);
	lua_pushinteger(m->L, from - m->begin + 1);
	lua_pushinteger(m->L, to - m->begin);
	return push_captures(m, NULL, NULL) + 2;
}

static int find_pattern(lua_State *L, size_t at, bool find)
{
	match m;
	bool anchor;

	init(&m, L, 1, 2);
	anchor = m.pattern < m.pattern_end && *m.pattern == '^';
	m.pattern += anchor;
	for (const char *s = m.begin + at; s <= m.end; s++) {
		const char *to = lun_match(&m, s);

		if (to)
			return push_found(&m, s, to, find);
		if (anchor)
			break;
	}
	luaL_pushfail(L);
	return 1;
}

static int find(lua_State *L, bool is_find)
{
	size_t len, pattern_len;
	const char *s = luaL_checklstring(L, 1, &len);
	const char *pattern = luaL_checklstring(L, 2, &pattern_len);
	size_t at = start_of(L, 3, len);

	if (at > len) {
		luaL_pushfail(L);
		return 1;
	}
	if (is_find && (lua_toboolean(L, 4) || is_plain(pattern, pattern_len)))
		return find_plain(L, s, len, at);
	return find_pattern(L, at, is_find);
}

/* string.find(s, pattern [, init [, plain]]) */
static int l_find(lua_State *L)
{
	return find(L, true);
}

/* string.match(s, pattern [, init]) */
static int l_match(lua_State *L)
{
	return find(L, false);
}

/* State of gmatch's iterator; the subject and the pattern are its upvalues. */
struct walk {
	match m;
	const char *next, *last; /* where the next search begins; where the last match ended */
};

static int l_next_match(lua_State *L)
{
	struct walk *walk = lua_touserdata(L, lua_upvalueindex(3));

	walk->m.L = L;
	for (const char *s = walk->next; s <= walk->m.end; s++) {
		const char *to = lun_match(&walk->m, s);

		if (to && to != walk->last) {
			walk->next = walk->last = to;
			return push_captures(&walk->m, s, to);
		}
	}
	walk->next = walk->m.end + 1;
	return 0;
}

/* string.gmatch(s, pattern [, init]) */
static int l_gmatch(lua_State *L)
{
	struct walk *walk;
	size_t len, at;

	luaL_checklstring(L, 1, &len);
	luaL_checkstring(L, 2);
	at = start_of(L, 3, len);
	lua_settop(L, 2);
	walk = lua_newuserdatauv(L, sizeof(*walk), 0);
	init(&walk->m, L, 1, 2);
	walk->next = walk->m.begin + at;
	walk->last = NULL;
	lua_pushcclosure(L, l_next_match, 3);
	return 1;
}

/* Adds a replacement text; %0 to %9 stand for captures. */
static void add_text(match *m, luaL_Buffer *out, const char *from, const char *to)
{
	size_t len;
	const char *text = lua_tolstring(m->L, 3, &len), *end = text + len, *escape;

	while ((escape = memchr(text, '%', (size_t)(end - text)))) {
		unsigned char c = (unsigned char)escape[1];

		luaL_addlstring(out, text, (size_t)(escape - text));
		text = escape + 2;
		if (c == '%') {
			luaL_addchar(out, '%');
		} else if (c == '0') {
			luaL_addlstring(out, from, (size_t)(to - from));
		} else if (isdigit(c)) {
			push_capture(m, c - '1', from, to);
			luaL_tolstring(m->L, -1, NULL);
			lua_remove(m->L, -2);
			luaL_addvalue(out);
		} else {
			luaL_error(m->L, "invalid use of '%%' in replacement string");
		}
	}
	luaL_addlstring(out, text, (size_t)(end - text));
}

/* Pushes the replacement that a function or table gives for the match. */
static void push_replacement(match *m, const char *from, const char *to, int type)
{
	if (type == LUA_TFUNCTION) {
		lua_pushvalue(m->L, 3);
		lua_call(m->L, push_captures(m, from, to), 1);
	} else {
		push_capture(m, 0, from, to);
		lua_gettable(m->L, 3);
	}
}

/* Adds the replacement of a match; false when the match stays as it is. */
static bool add_value(match *m, luaL_Buffer *out, const char *from, const char *to, int type)
{
	if (type != LUA_TFUNCTION && type != LUA_TTABLE) {
		add_text(m, out, from, to);
		return true;
	}
	push_replacement(m, from, to, type);
	if (!lua_toboolean(m->L, -1)) {
		lua_pop(m->L, 1);
		luaL_addlstring(out, from, (size_t)(to - from));
		return false;
	}
	if (!lua_isstring(m->L, -1))
		luaL_error(m->L, "invalid replacement value (a %s)", luaL_typename(m->L, -1));
	luaL_addvalue(out);
	return true;
}

static lua_Integer replace(match *m, luaL_Buffer *out, lua_Integer most, int type, bool *changed)
{
	bool anchor = m->pattern < m->pattern_end && *m->pattern == '^';
	const char *s = m->begin, *last = NULL;
	lua_Integer n = 0;

	m->pattern += anchor;
	while (n < most) {
		const char *to = lun_match(m, s);

		if (to && to != last) {
			n++;
			*changed |= add_value(m, out, s, to, type);
			s = last = to;
		} else if (s < m->end) {
			luaL_addchar(out, *s++);
		} else {
			break;
		}
		if (anchor)
			break;
	}
	luaL_addlstring(out, s, (size_t)(m->end - s));
	return n;
}

/* string.gsub(s, pattern, replacement [, n]) -> string, count */
static int l_gsub(lua_State *L)
{
	size_t len;
	int type = lua_type(L, 3);
	lua_Integer most, n;
	bool changed = false;
	luaL_Buffer out;
	match m;

	luaL_checklstring(L, 1, &len);
	luaL_checkstring(L, 2);
	luaL_argexpected(L,
		type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
			type == LUA_TTABLE,
		3, "string/function/table");
	most = luaL_optinteger(L, 4, (lua_Integer)len + 1);
	init(&m, L, 1, 2);
	luaL_buffinit(L, &out);
	n = replace(&m, &out, most, type, &changed);
	if (changed)
		luaL_pushresult(&out);
	else
		lua_pushvalue(L, 1);
	lua_pushinteger(L, n);
	return 2;
}

static const luaL_Reg functions[] = {
	{ "find", l_find },
	{ "match", l_match },
	{ "gmatch", l_gmatch },
	{ "gsub", l_gsub },
	{ NULL, NULL },
};

void lun_pattern_install(lua_State *L)
{
	lua_getglobal(L, "string");
	luaL_setfuncs(L, functions, 0);
	lua_pop(L, 1);
}
