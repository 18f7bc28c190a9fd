/*
 * A C module for scripts of tests: wait(path [, masked]) does not come back while there is a file
 * of that name, whatever signals come; masked: the thread gets none.
 */
#include <lauxlib.h>
#include <signal.h>
#include <unistd.h>

static int l_wait(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	sigset_t all, before;

	sigfillset(&all);
	if (lua_toboolean(L, 2))
		pthread_sigmask(SIG_BLOCK, &all, &before);
	while (access(path, F_OK) == 0)
		usleep(10000);
	if (lua_toboolean(L, 2))
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	return 0;
}

int luaopen_stuck(lua_State *L);
int luaopen_stuck(lua_State *L)
{
	lua_newtable(L);
	lua_pushcfunction(L, l_wait);
	lua_setfield(L, -2, "wait");
	return 1;
}
