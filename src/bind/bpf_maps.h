#pragma once
/* Shared by the files that bind maps, cursors, plans and BTF. */
#include <bpf/btf.h>
#include <lua.h>

#include "bpf/object/map.h"
#include "bpf/object/map_list.h"
#include "bpf/read/filter.h"
#include "text/out.h"

/* Parts of lun_bind_maps: functions into the table on the top of the stack. */
void lun_bind_plans(lua_State *L);
void lun_bind_btf(lua_State *L);
void lun_bind_cursors(lua_State *L);
void lun_bind_streams(lua_State *L);
void lun_bind_map_look(lua_State *L);
void lun_bind_map_top(lua_State *L);
void lun_bind_snapshots(lua_State *L);

/* bpf.map(id | name | "/pin/path") -> Map <close> | nil, err, errno */
int lun_map_open(lua_State *L);
/* The same for a descriptor that stays the caller's: it is copied. */
int lun_push_map_fd(lua_State *L, int fd);
/* Pushes a MapInfo. */
void lun_push_map_info(lua_State *L, const struct lun_map_facts *facts);
/* The open map at idx; raises on anything else. */
struct lun_map *lun_map_check(lua_State *L, int idx);
/* Pushes the decoder in force for the map at idx, or nil, message, errno (returns 3, else 0). */
int lun_push_decoder(lua_State *L, int idx);
/* The same by what the map's types say, whatever decoders are declared. */
int lun_push_types_decoder(lua_State *L, int idx);

/* The loaded BTF at idx; raises on anything else. */
const struct btf *lun_btf_check(lua_State *L, int idx);

/* Methods of maps that other files define. */
int l_map_cursor(lua_State *L);
int l_map_each(lua_State *L);
int l_map_stream(lua_State *L);
int l_map_select(lua_State *L);
int l_map_snapshot(lua_State *L);
int l_map_ring(lua_State *L);
int l_map_storage(lua_State *L);

/* For methods of a map (at 1) with options (at 2). The decoder: opts.decoder, or what `otherwise`
 * pushes; pushes it and returns 0, or 3 with nil, message, errno. */
int lun_push_chosen_decoder(lua_State *L, int (*otherwise)(lua_State *L, int idx));
/* 0 where the map's entries can be walked over, else 3 with nil, why not, EOPNOTSUPP. */
int lun_push_readable(lua_State *L, const struct lun_map *map);
/* A string, or of a per-CPU map a list of them. */
void lun_push_raw_value(lua_State *L, const struct lun_map *map, const uint8_t *value);

/* Reads the cell from the table at idx: { plan =, index =, key =, cpu =, reduce = }; index is the
 * column's, from 1. A plan whose Lua functions make the cell is added to the list at `called`.
 * Raises on invalid input. */
void lun_check_cell(
	lua_State *L, int idx, const struct lun_map *map, struct lun_column *cell, int called);
/* Reads the condition from the table at idx: { op = "all", … } or { op = "gt", cell =, number = |
 * text = | test = function }. Its functions are added to the list at `called`. Raises on invalid
 * input; the caller frees `where` then, too. */
void lun_check_where(
	lua_State *L, int idx, const struct lun_map *map, struct lun_filter *where, int called);
/* What filters and orders call in Lua, for one call into C: the list is at `called`. */
struct lun_lua_calls {
	lua_State *L;
	int called;
};
void lun_bind_calls(struct lun_lua_calls *calls, lua_State *L, int called);
void lun_bind_filter(struct lun_filter *where, struct lun_lua_calls *calls);
void lun_bind_reader(struct lun_column_reader *reader, struct lun_lua_calls *calls);
/* Runs a little Lua inside a long C loop, so that the time limit can end the call. */
void lun_check_limit(lua_State *L);
