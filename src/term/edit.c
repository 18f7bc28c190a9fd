/*
 * require("lunette.core.edit"): lines typed at a terminal, with editing, history and
 * completion, by libedit. This file reads the keys, so that Ctrl-C, a new window size and a return
 * from the shell's job control act at once. Lua supplies completions and keeps the history.
 */
#include "term/modules.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <lauxlib.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "vm/names.h"
#include "vm/push.h"

enum { HISTORY_SIZE = 1000 };

struct edit {
	EditLine *el;
	History *history;
	lua_State *L; /* of the read() that runs */
	const char *prompt;
	struct sigaction before; /* SIGINT's action before the editor was opened */
};

static volatile sig_atomic_t interrupted, resized, continued;
static sigset_t let_in; /* the mask outside of read(), in which our signals are blocked */

static void on_signal(int signo)
{
	if (signo == SIGINT)
		interrupted = 1;
	else if (signo == SIGWINCH)
		resized = 1;
	else
		continued = 1;
}

static struct edit *self_of(EditLine *el)
{
	void *self = NULL;

	el_get(el, EL_CLIENTDATA, &self);
	return self;
}

static char *prompt_of(EditLine *el)
{
	return (char *)self_of(el)->prompt;
}

/* Takes pending signals now, so that a Ctrl-C acts before the bytes typed after it. */
static void take_signals(void)
{
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, &let_in, &blocked);
	pthread_sigmask(SIG_SETMASK, &blocked, NULL);
}

static void handle_signals(EditLine *el)
{
	take_signals();
	if (continued)
		el_set(el, EL_PREP_TERM, 1);
	if (resized)
		el_resize(el);
	if (continued || resized)
		el_set(el, EL_REFRESH);
	continued = resized = 0;
}

/* Reads a byte from the terminal: 1; 0 at its end; -1 when Ctrl-C was pressed or reading failed. */
static int read_byte(EditLine *el, char *byte)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int ready = 0;

	for (;;) {
		handle_signals(el);
		if (interrupted)
			return -1;
		if (ready > 0)
			return (int)read(STDIN_FILENO, byte, 1);
		ready = ppoll(&in, 1, NULL, &let_in);
		if (ready < 0 && errno != EINTR)
			return -1;
	}
}

/* Reads a character for libedit. Bytes that are not valid text are dropped. */
static int read_char(EditLine *el, wchar_t *c)
{
	mbstate_t state = { 0 };
	size_t used;
	char byte;

	for (;;) {
		int n = read_byte(el, &byte);

		if (n <= 0)
			return n;
		used = mbrtowc(c, &byte, 1, &state);
		if (used == (size_t)-1)
			memset(&state, 0, sizeof(state));
		else if (used != (size_t)-2)
			return 1;
	}
}

static unsigned char show_completions(EditLine *el, const char *text)
{
	FILE *out;

	(void)el;
	out = stdout;
	fprintf(out, "\n%s\n", text);
	fflush(out);
	return CC_REDISPLAY;
}

/* Tab: the completer, user value 1 of the handle, returns the text to insert, or the candidates to
 * show. */
static unsigned char on_tab(EditLine *el, int ch)
{
	struct edit *self = self_of(el);
	const LineInfo *line = el_line(el);
	lua_State *L = self->L;
	unsigned char result = CC_REFRESH_BEEP;
	int top = lua_gettop(L);

	(void)ch;
	lua_getiuservalue(L, 1, 1);
	lua_pushlstring(L, line->buffer, (size_t)(line->cursor - line->buffer));
	if (lua_pcall(L, 1, 2, 0) == LUA_OK) { // insert, show
		if (lua_isstring(L, -2) && !el_insertstr(el, lua_tostring(L, -2)))
			result = CC_REFRESH;
		if (lua_isstring(L, -1))
			result = show_completions(el, lua_tostring(L, -1));
	}
	lua_settop(L, top);
	return result;
}

static struct edit *check_edit(lua_State *L)
{
	struct edit *self = luaL_checkudata(L, 1, LUN_EDIT);

	luaL_argcheck(L, self->el, 1, "the editor is closed");
	return self;
}

static void bind_keys(EditLine *el)
{
	el_set(el, EL_EDITOR, "emacs");
	// The wide form, because the narrow one copies the names and never frees them.
	el_wset(el, EL_ADDFN, L"lunette-complete", L"Completes a name", on_tab);
	el_set(el, EL_BIND, "^I", "lunette-complete", NULL);
	el_set(el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	el_set(el, EL_BIND, "\\e[1;5C", "em-next-word", NULL);
	el_set(el, EL_BIND, "\\e[1;5D", "ed-prev-word", NULL);
	el_set(el, EL_BIND, "\\e[3~", "ed-delete-next-char", NULL);
	el_source(el, NULL); // the user's ~/.editrc
}

/* libedit needs a UTF-8 locale to know the width of characters, whatever the user's locale. */
static void set_locale(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* open(completer) -> Edit | nil, err; completer(text before the cursor) -> insert, show */
static int l_edit_open(lua_State *L)
{
	struct edit *self;
	HistEvent event;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	set_locale();
	self = lua_newuserdatauv(L, sizeof(*self), 1);
	memset(self, 0, sizeof(*self));
	luaL_setmetatable(L, LUN_EDIT);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, 1);
	self->prompt = "";
	self->history = history_init();
	self->el = el_init("lunette", stdin, stdout, stderr);
	if (!self->history || !self->el) {
		lua_pushnil(L);
		lua_pushliteral(L, "the terminal can't be used for editing");
		return 2;
	}
	// A Ctrl-C between two lines must not end the process.
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = SIG_IGN }, &self->before);
	history(self->history, &event, H_SETSIZE, HISTORY_SIZE);
	history(self->history, &event, H_SETUNIQUE, 1);
	el_set(self->el, EL_CLIENTDATA, self);
	el_set(self->el, EL_PROMPT, prompt_of);
	el_set(self->el, EL_GETCFN, read_char);
	el_set(self->el, EL_HIST, history, self->history);
	bind_keys(self->el);
	return 1;
}

static int push_line(lua_State *L, const char *line, int count)
{
	if (line && count > 0) {
		if (line[count - 1] == '\n')
			count--;
		lua_pushlstring(L, line, (size_t)count);
		return 1;
	}
	lua_pushnil(L);
	lua_pushstring(L, interrupted ? "interrupted" : "end");
	return 2;
}

/* edit:read(prompt) -> line | nil, "end" | nil, "interrupted" */
static int l_edit_read(lua_State *L)
{
	struct edit *self = check_edit(L);
	struct sigaction action = { .sa_handler = on_signal }, before[3];
	const int signals[] = { SIGINT, SIGWINCH, SIGCONT };
	const char *line;
	sigset_t ours;
	int count = 0;

	self->prompt = luaL_checkstring(L, 2);
	self->L = L;
	interrupted = resized = continued = 0;
	sigemptyset(&ours);
	for (int i = 0; i < 3; i++) {
		sigaddset(&ours, signals[i]);
		sigaction(signals[i], &action, &before[i]);
	}
	pthread_sigmask(SIG_BLOCK, &ours, &let_in);
	line = el_gets(self->el, &count);
	pthread_sigmask(SIG_SETMASK, &let_in, NULL);
	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &before[i], NULL);
	self->prompt = "";
	return push_line(L, line, count);
}

/* edit:remember(text): the newest entry of the history */
static int l_edit_remember(lua_State *L)
{
	struct edit *self = check_edit(L);
	HistEvent event;

	history(self->history, &event, H_ENTER, luaL_checkstring(L, 2));
	return 0;
}

/* edit:close() */
static int l_edit_close(lua_State *L)
{
	struct edit *self = luaL_checkudata(L, 1, LUN_EDIT);

	if (self->el) {
		el_end(self->el);
		sigaction(SIGINT, &self->before, NULL);
	}
	if (self->history)
		history_end(self->history);
	self->el = NULL;
	self->history = NULL;
	return 0;
}

static const luaL_Reg methods[] = {
	{ "read", l_edit_read },
	{ "remember", l_edit_remember },
	{ "close", l_edit_close },
	{ NULL, NULL },
};

static const luaL_Reg metamethods[] = {
	{ "__close", l_edit_close },
	{ "__gc", l_edit_close },
	{ NULL, NULL },
};

static const luaL_Reg functions[] = {
	{ "open", l_edit_open },
	{ NULL, NULL },
};

int luaopen_lunette_core_edit(lua_State *L)
{
	lun_push_metatable(L, LUN_EDIT, metamethods, methods);
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
