/* string.find, match, gmatch and gsub: exactly Lua's own results, and within limits. */
#include "support/runs.h"

#include <lualib.h>

enum { CASES = 60000 };

/* Random subjects, patterns and replacements, the same in each VM; one text per case with all
 * results. */
static const char differential[] =
	"local seed, n = ... "
	"math.randomseed(seed) "
	"local random = math.random "
	"local subjects = { 'a', 'b', 'ab', ' ', '\\0', '1', '(', ')', '%', '\\xff', 'x', '[', ']' "
	"} "
	"local parts = { 'a', 'b', '.', '%a', '%d', '%s', '%S', '%w', '%x', '%c', '%p', '%l', "
	"'%u', "
	"  '%g', '%A', '%%', '[ab]', '[^ab]', '[a-c%d]', '[]]', '[^]x]', '[%a-z]', '[a-]', '%bab', "
	"  '%b()', '%f[%w]', '%f[a]', '(', ')', '()', '%1', '%2', '%9', '^', '$', '-', '*', '+', "
	"'?', "
	"  '%z', '\\0', '\\xff', '[\\x80-\\xff]', '[', '%', '%b', '%f', '[^', '[%', '(a*)', "
	"'(.-)', "
	"  '(%w+)', 'a*', '.-', '.*', 'b?' } "
	"local texts = { 'x', '%0', '%1', '%2', '%9', '%%', '%', '%a', '\\0' } "
	"local function pick(list, most) "
	"  local t = {} for i = 1, random(0, most) do t[i] = list[random(#list)] end "
	"  return table.concat(t) "
	"end "
	"local function show(...) "
	"  local t = table.pack(...) "
	"  for i = 1, t.n do t[i] = math.type(t[i]) == 'integer' and t[i] or "
	"('%q'):format(tostring(t[i])) end "
	"  return table.concat(t, ',') "
	"end "
	"local function all(...) "
	"  local t = {} "
	"  for a, b, c in string.gmatch(...) do t[#t + 1] = show(a, b, c) if #t > 100 then break "
	"end end "
	"  return table.concat(t, ';') "
	"end "
	"local results = {} "
	"for i = 1, n do "
	"  local s, p, r = pick(subjects, 12), pick(parts, 6), pick(texts, 4) "
	"  local init = random(5) == 1 and random(-14, 14) or nil "
	"  local most = random(4) == 1 and random(-1, 3) or nil "
	"  results[i] = show(s, p, r, init) .. ': ' .. table.concat({ "
	"    show(pcall(string.find, s, p, init)), show(pcall(string.find, s, p, init, true)), "
	"    show(pcall(string.match, s, p, init)), show(pcall(all, s, p, init)), "
	"    show(pcall(string.gsub, s, p, r, most)), "
	"    show(pcall(string.gsub, s, p, { a = 1, b = false, ab = '', [1] = 'one' }, most)), "
	"    show(pcall(string.gsub, s, p, function(...) "
	"      if select('#', ...) ~= 1 then return show(...) end if ... ~= 'b' then return ... "
	"end "
	"    end, most)), "
	"  }, ' | ') "
	"end "
	"return results";

static void run_cases(lua_State *L, int seed)
{
	assert_int_equal(luaL_loadbuffer(L, differential, strlen(differential), "=code"), LUA_OK);
	lua_pushinteger(L, seed);
	lua_pushinteger(L, CASES);
	if (lua_pcall(L, 2, 1, 0))
		fail_msg("%s", lua_tostring(L, -1));
}

static void test_like_luas_own(void **state)
{
	lua_State *own = luaL_newstate(), *ours = lun_vm_new(&plain);

	(void)state;
	luaL_openlibs(own);
	run_cases(own, 20261201);
	run_cases(ours, 20261201);
	for (int i = 1; i <= CASES; i++) {
		lua_rawgeti(own, -1, i);
		lua_rawgeti(ours, -1, i);
		assert_string_equal(lua_tostring(ours, -1), lua_tostring(own, -1));
		lua_pop(own, 1);
		lua_pop(ours, 1);
	}
	lua_close(own);
	lun_vm_free(ours);
}

/* Invalid calls, and patterns too complex for Lua's own functions, too. */
static const char *const edges[] = {
	"return string.find()",
	"return string.find({}, 'a')",
	"return string.find('a')",
	"return string.find('a', {})",
	"return string.find('a', 'a', 'x')",
	"return string.gsub('a', 'a')",
	"return string.gsub('a', 'a', true)",
	"return string.gsub('a', 'a', 'b', 'x')",
	"return string.gsub('a', 'a', function() return {} end)",
	"return string.gsub('a', 'a', { a = print and true })",
	"return string.gsub(12.5, '%d', 9)",
	"return string.find(1234, 23)",
	"return string.find('', ''), string.find('', '', 2), string.find('abc', '', 10)",
	"return string.find('abc', 'b', math.mininteger), string.find('abc', 'b', math.maxinteger)",
	"return string.match('hello', '()ll()')",
	"return string.find(('a'):rep(300), ('a?'):rep(300) .. ('a'):rep(300))",
	"return string.find('a', ('('):rep(33) .. 'a' .. (')'):rep(33))",
	"return string.find(('a'):rep(1000), ('(a)'):rep(32))",
	"return string.find(('x'):rep(1000), ('x-'):rep(250))",
	"return ('THE (quick) fox'):find('%((%a+)%)')",
	"return ('key = value'):match('^(%w+)%s*=%s*(%w+)$')",
	"return (('x'):rep(5000)):gsub('x', 'yy')",
	"return (('abc '):rep(500)):gsub('%w+', '%0 %0')",
	"local s = ('a'):rep(1e5) .. 'b' return s:find('b', 1, true), s:find('b'), "
	"s:match('a*b()')",
	"return ('abc'):gmatch('%w')(), ('abc'):gmatch('^a')()",
	"return string.gmatch('a', '(')()",
	"local t for k, v in ('a=1, b=2'):gmatch('(%w+)=(%w+)') do t = (t or '') .. k .. v end "
	"return t",
};

static const char report[] = "local f = load(...) "
			     "local t = table.pack(pcall(f)) "
			     "for i = 1, t.n do t[i] = tostring(t[i]) end "
			     "return table.concat(t, '|')";

static void run_edge(lua_State *L, const char *code)
{
	assert_int_equal(luaL_loadbuffer(L, report, strlen(report), "=report"), LUA_OK);
	lua_pushstring(L, code);
	if (lua_pcall(L, 1, 1, 0))
		fail_msg("%s", lua_tostring(L, -1));
}

static void test_edges(void **state)
{
	lua_State *own = luaL_newstate(), *ours = lun_vm_new(&plain);

	(void)state;
	luaL_openlibs(own);
	for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		run_edge(own, edges[i]);
		run_edge(ours, edges[i]);
		assert_string_equal(lua_tostring(ours, -1), lua_tostring(own, -1));
		lua_settop(own, 0);
		lua_settop(ours, 0);
	}
	lua_close(own);
	lun_vm_free(ours);
}

/* Each would run for an hour or longer; line 2 is the call. */
static const char *const endless[] = {
	"local s = ('a'):rep(1e4)\ns:find('.-.-.-.-b$')",
	"local s = ('a'):rep(1e4)\ns:match('.-.-.-.-b$')",
	"local s = ('a'):rep(1e4)\nfor _ in s:gmatch('.-.-.-.-b$') do end",
	"local s = ('a'):rep(1e4)\ns:gsub('.-.-.-.-b$', '')",
	"local s = (' '):rep(2e5) .. 'x' .. (' '):rep(2e5) .. 'x'\ns:match('^%s*(.-)%s*$')",
	"local s = ('('):rep(2e5)\ns:find('%b()x')",
	"local s = ('a'):rep(1e5)\ns:find('(a*)(a*)%1%2(a*)b')",
	"local s = ('a'):rep(1e5)\nwhile true do pcall(string.find, s, '[a-z]*[a-z]*[a-z]*%d') end",
};

static void test_endless(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(endless) / sizeof(*endless); i++) {
		lua_State *L = lun_vm_new(&plain);

		check_failed(L, run(L, endless[i], 0.2, 0), endless[i], "code:2: over budget: 0.2");
		check_failed(L, run(L, endless[i], 0, 10000000), endless[i], "instructions");
		check_sound(L);
		lun_vm_free(L);
	}
}

/* A plain text is found in linear time, however it repeats. */
static void test_plain_is_linear(void **state)
{
	static const char code[] = "local s = ('a'):rep(4e6) "
				   "assert(not s:find(('a'):rep(2e6) .. 'b', 1, true))";
	lua_State *L = lun_vm_new(&plain);

	(void)state;
	assert_int_equal(run(L, code, 60, 0), LUA_OK);
	lun_vm_free(L);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_luas_own),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_plain_is_linear),
	};

	alarm(ALARM);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
