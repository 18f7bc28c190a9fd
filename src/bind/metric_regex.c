/* Regular expressions in Lua: POSIX extended ones, as the C library has them. */
#include "bind/metric.h"

#include <regex.h>

#include "bind/names.h"

enum { MAX_GROUPS = 10 };

struct pattern {
	regex_t re;
	bool compiled;
};

static int l_regex_gc(lua_State *L)
{
	struct pattern *p = luaL_checkudata(L, 1, LUN_REGEX);

	if (p->compiled)
		regfree(&p->re);
	p->compiled = false;
	return 0;
}

/* regex(pattern [, ignore case]) -> regex | nil, message */
static int l_regex(lua_State *L)
{
	const char *text = luaL_checkstring(L, 1);
	int flags = REG_EXTENDED | (lua_toboolean(L, 2) ? REG_ICASE : 0), err;
	struct pattern *p = lua_newuserdatauv(L, sizeof(*p), 0);
	char message[128];

	p->compiled = false;
	luaL_setmetatable(L, LUN_REGEX);
	err = regcomp(&p->re, text, flags);
	p->compiled = !err;
	if (!err)
		return 1;
	regerror(err, &p->re, message, sizeof(message));
	luaL_pushfail(L);
	lua_pushstring(L, message);
	return 2;
}

/* regex:match(text) -> the whole match, groups... (false where one took no part) | nil */
static int l_regex_match(lua_State *L)
{
	struct pattern *p = luaL_checkudata(L, 1, LUN_REGEX);
	const char *text = luaL_checkstring(L, 2);
	regmatch_t at[MAX_GROUPS];
	int n = p->re.re_nsub + 1 < MAX_GROUPS ? (int)p->re.re_nsub + 1 : MAX_GROUPS;

	luaL_argcheck(L, p->compiled, 1, "regex is closed");
	if (regexec(&p->re, text, MAX_GROUPS, at, 0)) {
		luaL_pushfail(L);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		if (at[i].rm_so < 0)
			lua_pushboolean(L, 0);
		else
			lua_pushlstring(L, text + at[i].rm_so, (size_t)(at[i].rm_eo - at[i].rm_so));
	}
	return n;
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
