/*
 * require("lunette.core.tty"): what a full-screen command needs of the terminal: its size, keys
 * as they are typed, and its old state back whatever happens.
 */
#include "term/modules.h"

#include <errno.h>
#include <lauxlib.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static struct termios cooked;
static bool is_raw;

static void on_resize(int signo)
{
	(void)signo; // poll() returns: that is all
}

/* isfile(fd) -> boolean: is it a regular file? */
static int l_tty_isfile(lua_State *L)
{
	struct stat st;

	lua_pushboolean(L, !fstat((int)luaL_checkinteger(L, 1), &st) && S_ISREG(st.st_mode));
	return 1;
}

/* isatty(fd) -> boolean */
static int l_tty_isatty(lua_State *L)
{
	lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
	return 1;
}

/* size() -> columns, rows | nil: of the terminal on stdout */
static int l_tty_size(lua_State *L)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 0;
	lua_pushinteger(L, size.ws_col);
	lua_pushinteger(L, size.ws_row);
	return 2;
}

static void restore(void)
{
	if (is_raw) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &cooked);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
	}
	is_raw = false;
}

static int fail(lua_State *L)
{
	int error = errno;

	lua_pushnil(L);
	lua_pushstring(L, strerror(error));
	lua_pushinteger(L, error);
	return 3;
}

/* A signal ends the process: restores the terminal first. */
static void on_end(int signo)
{
	static const char leave[] = "\033[?25h\033[?1049l";
	ssize_t n = write(STDOUT_FILENO, leave, sizeof(leave) - 1);

	(void)n;
	tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	raise(signo); // blocked until we return; then its default action ends the process
}

static void handle_signals(void)
{
	struct sigaction resize = { .sa_handler = on_resize };
	struct sigaction end = { .sa_handler = on_end, .sa_flags = SA_RESETHAND };

	sigaction(SIGWINCH, &resize, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
}

/* raw(on) -> true | nil, err, errno: keys without Enter and echo; Ctrl-C comes as a key */
static int l_tty_raw(lua_State *L)
{
	static bool at_exit;
	struct termios raw;

	if (!lua_toboolean(L, 1)) {
		restore();
		lua_pushboolean(L, true);
		return 1;
	}
	if (tcgetattr(STDIN_FILENO, &cooked))
		return fail(L);
	raw = cooked;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw))
		return fail(L);
	is_raw = true;
	handle_signals();
	if (!at_exit)
		at_exit = !atexit(restore);
	lua_pushboolean(L, true);
	return 1;
}

/* read(seconds) -> bytes: the typed bytes; "" at the timeout or when the window changed; nil at
 * the end of input */
static int l_tty_read(lua_State *L)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char buffer[256];
	ssize_t n;
	int ready = poll(&in, 1, (int)(luaL_checknumber(L, 1) * 1000));

	if (ready <= 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	n = read(STDIN_FILENO, buffer, sizeof(buffer));
	if (n <= 0 && !(n < 0 && errno == EINTR))
		return 0;
	lua_pushlstring(L, buffer, n > 0 ? (size_t)n : 0);
	return 1;
}

/* sleep(seconds): returns early on a signal */
static int l_tty_sleep(lua_State *L)
{
	double seconds = luaL_checknumber(L, 1);
	struct timespec time;

	if (seconds <= 0)
		return 0;
	time.tv_sec = (time_t)seconds;
	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	nanosleep(&time, NULL);
	return 0;
}

/* failed() -> whether something that was printed did not arrive at stdout */
static int l_tty_failed(lua_State *L)
{
	lua_pushboolean(L, fflush(stdout) != 0 || ferror(stdout));
	return 1;
}

static const luaL_Reg functions[] = {
	{ "isatty", l_tty_isatty },
	{ "isfile", l_tty_isfile },
	{ "size", l_tty_size },
	{ "raw", l_tty_raw },
	{ "read", l_tty_read },
	{ "sleep", l_tty_sleep },
	{ "failed", l_tty_failed },
	{ NULL, NULL },
};

int luaopen_lunette_core_tty(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
