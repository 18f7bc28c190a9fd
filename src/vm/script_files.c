/*
 * require("lunette.core.files"): file system calls for the script loader, and the list of loaded
 * files, which --watch looks at.
 */
#include "vm/script_files.h"
#include "vm/push.h"

#include <dirent.h>
#include <lauxlib.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vm/modules.h"

enum { MAX_NOTED = 4096 };

struct noted {
	char *path;
	uint64_t state; /* a hash of names and times; 0: the path does not exist */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct noted *noted;
static size_t noted_len;

static uint64_t hash(uint64_t before, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		before = (before ^ bytes[i]) * UINT64_C(1099511628211);
	return before;
}

static bool is_script(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && *name != '.' && strcmp(name + len - 4, ".lua") == 0;
}

static uint64_t state_of_file(const struct stat *st)
{
	const uint64_t parts[] = { st->st_dev, st->st_ino, (uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec };

	return hash(UINT64_C(14695981039346656037), parts, sizeof(parts)) | 1;
}

/* A sum of the entries' hashes, so that their order does not matter. */
static uint64_t state_of_folder(const char *path)
{
	uint64_t sum = 1;
	struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		if (is_script(entry->d_name))
			sum += hash(1, entry->d_name, strlen(entry->d_name));
	}
	if (dir)
		closedir(dir);
	return sum;
}

static uint64_t state_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return 0;
	return S_ISDIR(st.st_mode) ? state_of_folder(path) : state_of_file(&st);
}

static bool is_noted(const char *path)
{
	for (size_t i = 0; i < noted_len; i++) {
		if (strcmp(noted[i].path, path) == 0)
			return true;
	}
	return false;
}

/* Under the lock. */
static void add(const char *path)
{
	struct noted *more;
	char *copy;

	if (noted_len == MAX_NOTED)
		return;
	more = realloc(noted, (noted_len + 1) * sizeof(*noted));
	copy = strdup(path);
	if (more)
		noted = more;
	if (more && copy)
		noted[noted_len++] = (struct noted){ copy, state_of(copy) };
	else
		free(copy);
}

void lun_script_note(const char *path)
{
	pthread_mutex_lock(&lock);
	if (!is_noted(path))
		add(path);
	pthread_mutex_unlock(&lock);
}

bool lun_script_changed(void)
{
	bool changed = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < noted_len; i++) {
		uint64_t now = state_of(noted[i].path);

		changed |= now != noted[i].state;
		noted[i].state = now;
	}
	pthread_mutex_unlock(&lock);
	return changed;
}

void lun_script_each(void (*fn)(const char *path, void *ctx), void *ctx)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < noted_len; i++)
		fn(noted[i].path, ctx);
	pthread_mutex_unlock(&lock);
}

/* files.note(path): adds a path to the list that --watch looks at */
static int l_files_note(lua_State *L)
{
	lun_script_note(luaL_checkstring(L, 1));
	return 0;
}

/* files.kind(path) -> "file" | "folder" | nil */
static int l_files_kind(lua_State *L)
{
	struct stat st;

	if (stat(luaL_checkstring(L, 1), &st))
		return 0;
	lua_pushstring(L, S_ISDIR(st.st_mode) ? "folder" : "file");
	return 1;
}

static int close_dir(lua_State *L)
{
	DIR **dir = lua_touserdata(L, 1);

	if (*dir)
		closedir(*dir);
	*dir = NULL;
	return 0;
}

static const luaL_Reg metamethods[] = {
	{ "__gc", close_dir },
	{ NULL, NULL },
};

static DIR **push_dir(lua_State *L)
{
	DIR **dir = lua_newuserdatauv(L, sizeof(DIR *), 0);

	*dir = NULL;
	lun_push_metatable(L, "lunette.dir", metamethods, NULL);
	lua_setmetatable(L, -2);
	return dir;
}

/* files.mode(path) -> permission bits | nil */
static int l_files_mode(lua_State *L)
{
	struct stat st;

	if (stat(luaL_checkstring(L, 1), &st))
		return 0;
	lua_pushinteger(L, st.st_mode & 0777);
	return 1;
}

/* files.names(folder) -> string[], sorted | nil, err, errno */
static int l_files_names(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	DIR **dir = push_dir(L);
	struct dirent *entry;

	*dir = opendir(path);
	if (!*dir)
		return luaL_fileresult(L, 0, path);
	lua_newtable(L); // folder, dir, names
	for (lua_Integer n = 1; (entry = readdir(*dir));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		lua_pushstring(L, entry->d_name);
		lua_rawseti(L, -2, n++);
	}
	closedir(*dir);
	*dir = NULL;
	lua_getglobal(L, "table");
	lua_getfield(L, -1, "sort");
	lua_pushvalue(L, 3);
	lua_call(L, 1, 0);
	lua_settop(L, 3);
	return 1;
}

/* files.binary() -> path of the running program */
static int l_files_binary(lua_State *L)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	if (n < 0)
		return luaL_fileresult(L, 0, "/proc/self/exe");
	lua_pushlstring(L, path, (size_t)n);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "note", l_files_note },
	{ "kind", l_files_kind },
	{ "mode", l_files_mode },
	{ "names", l_files_names },
	{ "binary", l_files_binary },
	{ NULL, NULL },
};

int luaopen_lunette_core_files(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
