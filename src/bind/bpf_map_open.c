/* bpf.map(…) opens a map by its id, its name or a pin. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "vm/names.h"
#include "vm/push.h"

enum { MAX_NAMED = 32 };

static struct lun_map *new_map(lua_State *L)
{
	struct lun_map *map = lua_newuserdatauv(L, sizeof(*map), 2);

	memset(map, 0, sizeof(*map));
	map->fd = -1;
	luaL_setmetatable(L, LUN_MAP_HANDLE);
	return map;
}

static int open_by_id(lua_State *L, uint32_t id)
{
	int err = lun_map_open_id(new_map(L), id);

	return err ? lun_push_failure(L, err, "map %u: %s", id, strerror(-err)) : 1;
}

static int open_by_pin(lua_State *L, const char *path)
{
	int err = lun_map_open_pin(new_map(L), path);

	return err ? lun_push_error(L, err, path) : 1;
}

int lun_push_map_fd(lua_State *L, int fd)
{
	struct lun_map *map = new_map(L);
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int err = lun_map_open_fd(map, copy < 0 ? -errno : copy);

	return err ? lun_push_error(L, err, "map") : 1;
}

/* Pushes the maps that may have a name longer than the kernel keeps. */
static int push_ambiguous(lua_State *L, const char *name, const uint32_t *ids, int n, bool sure)
{
	luaL_Buffer b;

	luaL_pushfail(L);
	luaL_buffinit(L, &b);
	lua_pushfstring(L, "%d maps %s named '%s': ids ", n, sure ? "are" : "may be", name);
	luaL_addvalue(&b);
	for (int i = 0; i < n && i < MAX_NAMED; i++) {
		lua_pushfstring(L, i ? ", %d" : "%d", (int)ids[i]);
		luaL_addvalue(&b);
	}
	if (n > MAX_NAMED)
		luaL_addstring(&b, ", …");
	luaL_pushresult(&b);
	lua_pushinteger(L, ENOTUNIQ);
	return 3;
}

static int open_by_name(lua_State *L, const char *name)
{
	uint32_t ids[MAX_NAMED];
	bool sure = false;
	int n = lun_map_find(name, ids, MAX_NAMED, &sure);

	if (n < 0)
		return lun_push_error(L, n, name);
	if (n == 0)
		return lun_push_failure(L, -ENOENT, "no map is named '%s'", name);
	return n == 1 ? open_by_id(L, ids[0]) : push_ambiguous(L, name, ids, n, sure);
}

/* bpf.map(id | name | "/pin/path") -> Map <close> | nil, err, errno */
int lun_map_open(lua_State *L)
{
	const char *name;

	if (lua_type(L, 1) == LUA_TNUMBER)
		return open_by_id(L, lun_check_id(L, 1));
	name = luaL_checkstring(L, 1);
	return name[0] == '/' ? open_by_pin(L, name) : open_by_name(L, name);
}
