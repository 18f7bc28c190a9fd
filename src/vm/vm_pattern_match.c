#include "vm/vm_pattern_match.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "vm/vm.h"

enum { MAX_DEPTH = 200 };

typedef struct lun_match match;

static const char *step(match *m, const char *s, const char *p);

static inline void spend(match *m, ptrdiff_t steps)
{
	m->fuel -= (int)(steps < LUN_MATCH_FUEL ? steps : LUN_MATCH_FUEL);
	if (m->fuel > 0)
		return;
	m->fuel = LUN_MATCH_FUEL;
	lun_vm_charge(m->L, LUN_MATCH_FUEL);
}

/* The end of the single-character class that begins at p. */
static const char *class_end(const match *m, const char *p)
{
	char c = *p++;

	if (c == '%') {
		if (p == m->pattern_end)
			luaL_error(m->L, "malformed pattern (ends with '%%')");
		return p + 1;
	}
	if (c != '[')
		return p;
	if (*p == '^')
		p++;
	do {
		if (p == m->pattern_end)
			luaL_error(m->L, "malformed pattern (missing ']')");
		if (*p++ == '%' && p < m->pattern_end)
			p++;
	} while (*p != ']');
	return p + 1;
}

static bool in_class(int c, int class)
{
	int in;

	switch (tolower(class)) {
	case 'a':
		in = isalpha(c);
		break;
	case 'c':
		in = iscntrl(c);
		break;
	case 'd':
		in = isdigit(c);
		break;
	case 'g':
		in = isgraph(c);
		break;
	case 'l':
		in = islower(c);
		break;
	case 'p':
		in = ispunct(c);
		break;
	case 's':
		in = isspace(c);
		break;
	case 'u':
		in = isupper(c);
		break;
	case 'w':
		in = isalnum(c);
		break;
	case 'x':
		in = isxdigit(c);
		break;
	case 'z': // as in Lua 5.1
		in = c == 0;
		break;
	default:
		return class == c;
	}
	return isupper(class) ? !in : in != 0;
}

/* p is at the '[', end at its ']'. */
static bool in_set(int c, const char *p, const char *end)
{
	const unsigned char *at = (const unsigned char *)p + 1, *last = (const unsigned char *)end;
	bool in = true;

	if (*at == '^') {
		in = false;
		at++;
	}
	for (; at < last; at++) {
		if (*at == '%') {
			if (in_class(c, *++at))
				return in;
		} else if (at[1] == '-' && at + 2 < last) {
			if (at[0] <= c && c <= at[2])
				return in;
			at += 2;
		} else if (*at == c) {
			return in;
		}
	}
	return !in;
}

/* True when the character at s matches the class from p to end. */
static inline bool fits(const match *m, const char *s, const char *p, const char *end)
{
	int c;

	if (s >= m->end)
		return false;
	c = (unsigned char)*s;
	switch (*p) {
	case '.':
		return true;
	case '%':
		return in_class(c, (unsigned char)p[1]);
	case '[':
		return in_set(c, p, end - 1);
	default:
		return (unsigned char)*p == c;
	}
}

/* Matches %bxy; p is after the 'b'. */
static const char *balanced(match *m, const char *s, const char *p)
{
	int open = 1;

	if (p >= m->pattern_end - 1)
		luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
	if (*s != *p)
		return NULL;
	while (++s < m->end) {
		spend(m, 1);
		if (*s == p[1]) {
			if (--open == 0)
				return s + 1;
		} else if (*s == *p) {
			open++;
		}
	}
	return NULL;
}

/* Matches %f[set]; p is at the '['. */
static bool is_frontier(const match *m, const char *s, const char *p, const char *end)
{
	int before = s == m->begin ? 0 : (unsigned char)s[-1];

	return !in_set(before, p, end - 1) && in_set((unsigned char)*s, p, end - 1);
}

/* %1 to %9 */
static const char *again(match *m, const char *s, int digit)
{
	int i = digit - '1';
	size_t len;

	if (i < 0 || i >= m->level || m->capture[i].len == LUN_CAPTURE_OPEN)
		luaL_error(m->L, "invalid capture index %%%d", i + 1);
	len = (size_t)m->capture[i].len;
	if ((size_t)(m->end - s) < len)
		return NULL;
	spend(m, (ptrdiff_t)(len / 64));
	return memcmp(m->capture[i].start, s, len) == 0 ? s + len : NULL;
}

static const char *most(match *m, const char *s, const char *p, const char *end)
{
	ptrdiff_t n = 0;

	while (fits(m, s + n, p, end))
		n++;
	spend(m, n);
	for (; n >= 0; n--) {
		const char *to = step(m, s + n, end + 1);

		if (to)
			return to;
	}
	return NULL;
}

static const char *least(match *m, const char *s, const char *p, const char *end)
{
	for (;; s++) {
		const char *to = step(m, s, end + 1);

		if (to)
			return to;
		if (!fits(m, s, p, end))
			return NULL;
	}
}

static const char *open_capture(match *m, const char *s, const char *p, ptrdiff_t len)
{
	const char *to;

	if (m->level >= LUN_CAPTURES)
		luaL_error(m->L, "too many captures");
	m->capture[m->level].start = s;
	m->capture[m->level].len = len;
	m->level++;
	to = step(m, s, p);
	if (!to)
		m->level--;
	return to;
}

static const char *close_capture(match *m, const char *s, const char *p)
{
	int i = m->level - 1;
	const char *to;

	while (i >= 0 && m->capture[i].len != LUN_CAPTURE_OPEN)
		i--;
	if (i < 0)
		luaL_error(m->L, "invalid pattern capture");
	m->capture[i].len = s - m->capture[i].start;
	to = step(m, s, p);
	if (!to)
		m->capture[i].len = LUN_CAPTURE_OPEN;
	return to;
}

/*
 * Matches %b, %f or %1 to %9, which take no quantifier. False when p is at another item. Else *p is
 * after the item, and *s after its match, or NULL.
 */
static bool special(match *m, const char **s, const char **p)
{
	const char *end;
	int c = (unsigned char)(*p)[1];

	if (c == 'b') {
		*s = balanced(m, *s, *p + 2);
		*p += 4;
	} else if (c == 'f') {
		*p += 2;
		if (**p != '[')
			luaL_error(m->L, "missing '[' after '%%f' in pattern");
		end = class_end(m, *p);
		if (!is_frontier(m, *s, *p, end))
			*s = NULL;
		*p = end;
	} else if (isdigit(c)) {
		*s = again(m, *s, c);
		*p += 2;
	} else {
		return false;
	}
	return true;
}

/* Matches the rest of the pattern, from p on, at s. */
static const char *rest(match *m, const char *s, const char *p)
{
	const char *end, *to;

	while (s && p != m->pattern_end) {
		spend(m, 1);
		switch (*p) {
		case '(':
			if (p[1] == ')')
				return open_capture(m, s, p + 2, LUN_CAPTURE_POSITION);
			return open_capture(m, s, p + 1, LUN_CAPTURE_OPEN);
		case ')':
			return close_capture(m, s, p + 1);
		case '$':
			if (p + 1 == m->pattern_end)
				return s == m->end ? s : NULL;
			break;
		case '%':
			if (special(m, &s, &p))
				continue;
			break;
		default:
			break;
		}
		end = class_end(m, p);
		if (*end == '*')
			return most(m, s, p, end);
		if (*end == '-')
			return least(m, s, p, end);
		if (*end == '+')
			return fits(m, s, p, end) ? most(m, s + 1, p, end) : NULL;
		if (*end == '?') {
			if (fits(m, s, p, end) && (to = step(m, s + 1, end + 1)))
				return to;
			p = end + 1;
			continue;
		}
		if (!fits(m, s, p, end))
			return NULL;
		s++;
		p = end;
	}
	return s;
}

static const char *step(match *m, const char *s, const char *p)
{
	const char *to;

	if (m->depth-- == 0)
		luaL_error(m->L, "pattern too complex");
	to = rest(m, s, p);
	m->depth++;
	return to;
}

const char *lun_match(match *m, const char *s)
{
	m->level = 0;
	m->depth = MAX_DEPTH;
	return step(m, s, m->pattern);
}
