/*
 * require("lunette.core.kept"): BPF objects that the process holds by name, whichever VM loaded
 * them. lunette.load uses it.
 */
#include <bpf/libbpf.h>
#include <lauxlib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bpf_load_options.h"
#include "bind/modules.h"
#include "bpf/object/object.h"

struct kept {
	struct kept *next;
	struct lun_object object;
	char *stamp; /* describes the file, options and setup it was made from */
	size_t stamp_len;
	bool wanted; /* named since the last begin() */
	char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct kept *all;

/* Under the lock. The pointer to the object of that name, or the end of the list. */
static struct kept **find(const char *name)
{
	struct kept **at = &all;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static void free_kept(struct kept *kept)
{
	if (!kept)
		return;
	lun_object_close(&kept->object);
	free(kept->stamp);
	free(kept);
}

static struct kept *new_kept(const char *name, const char *stamp, size_t len)
{
	struct kept *kept = calloc(1, sizeof(*kept) + strlen(name) + 1);

	if (!kept)
		return NULL;
	strcpy(kept->name, name);
	kept->stamp = malloc(len + 1);
	kept->stamp_len = len;
	if (!kept->stamp) {
		free(kept);
		return NULL;
	}
	memcpy(kept->stamp, stamp, len);
	return kept;
}

/* kept.put(object, name, stamp): the process holds the object from now on, in place of the old one
 * of that name; the Lua object is closed. */
static int l_put(lua_State *L)
{
	struct lun_object *object = lun_object_check(L);
	const char *name = luaL_checkstring(L, 2);
	size_t len;
	const char *stamp = luaL_checklstring(L, 3, &len);
	struct kept *kept = new_kept(name, stamp, len), **at, *before;

	if (!kept)
		return luaL_error(L, "not enough memory");
	kept->wanted = true;
	kept->object = *object;
	memset(object, 0, sizeof(*object));
	pthread_mutex_lock(&lock);
	at = find(name);
	before = *at;
	kept->next = before ? before->next : NULL;
	*at = kept;
	pthread_mutex_unlock(&lock);
	free_kept(before);
	return 0;
}

/* kept.has(name, stamp) -> boolean: true when an object of that name and stamp is held */
static int l_has(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	size_t len;
	const char *stamp = luaL_checklstring(L, 2, &len);
	struct kept *kept;
	bool same;

	pthread_mutex_lock(&lock);
	kept = *find(name);
	same = kept && kept->stamp_len == len && memcmp(kept->stamp, stamp, len) == 0;
	if (same)
		kept->wanted = true;
	pthread_mutex_unlock(&lock);
	lua_pushboolean(L, same);
	return 1;
}

static uint32_t id_of(const struct kept *kept, enum lun_kind kind, const char *name)
{
	struct bpf_program *prog;
	uint32_t id = 0;
	int fd = -1;

	if (kind == LUN_MAP) {
		fd = bpf_object__find_map_fd_by_name(kept->object.obj, name);
	} else {
		prog = bpf_object__find_program_by_name(kept->object.obj, name);
		fd = prog ? bpf_program__fd(prog) : -1;
	}
	if (fd >= 0)
		lun_object_id(kind, fd, &id);
	return id;
}

/* kept.id(name, "map" | "prog", part) -> id | 0 when the object has no such part | nil when the
 * object is not held */
static int l_id(lua_State *L)
{
	static const char *const kinds[] = { "map", "prog", NULL };
	const char *name = luaL_checkstring(L, 1);
	enum lun_kind kind = luaL_checkoption(L, 2, NULL, kinds) == 0 ? LUN_MAP : LUN_PROG;
	const char *part = luaL_checkstring(L, 3);
	struct kept *kept;
	uint32_t id = 0;

	pthread_mutex_lock(&lock);
	kept = *find(name);
	if (kept)
		id = id_of(kept, kind, part);
	pthread_mutex_unlock(&lock);
	if (!kept)
		return 0;
	lua_pushinteger(L, id);
	return 1;
}

/* kept.begin(): the next sweep releases all objects that are not put, or found by has(), from now
 * on */
static int l_begin(lua_State *L)
{
	(void)L;
	pthread_mutex_lock(&lock);
	for (struct kept *kept = all; kept; kept = kept->next)
		kept->wanted = false;
	pthread_mutex_unlock(&lock);
	return 0;
}

/* Under the lock. Removes the unwanted objects from the list. */
static struct kept *take_unwanted(void)
{
	struct kept **at = &all, *gone = NULL;

	while (*at) {
		struct kept *kept = *at;

		if (kept->wanted) {
			at = &kept->next;
			continue;
		}
		*at = kept->next;
		kept->next = gone;
		gone = kept;
	}
	return gone;
}

/* kept.sweep() */
static int l_sweep(lua_State *L)
{
	struct kept *gone, *next;

	(void)L;
	pthread_mutex_lock(&lock);
	gone = take_unwanted();
	pthread_mutex_unlock(&lock);
	for (; gone; gone = next) {
		next = gone->next;
		free_kept(gone);
	}
	return 0;
}

static const luaL_Reg functions[] = {
	{ "begin", l_begin },
	{ "put", l_put },
	{ "has", l_has },
	{ "id", l_id },
	{ "sweep", l_sweep },
	{ NULL, NULL },
};

int luaopen_lunette_core_kept(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
