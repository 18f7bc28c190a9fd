/*
 * map:stream(opts): a map as text. Where no Lua function is in the decoder or a condition it is a
 * source that C drains alone; else an object with the same read() and close() that calls
 * the functions in this VM.
 */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bpf_maps.h"
#include "bind/decode.h"
#include "vm/names.h"
#include "vm/push.h"
#include "vm/server_state.h"
#include "vm/source.h"
#include "bpf/read/team.h"
#include "bpf/read/stream_table.h"
#include "text/json.h"

/* Indices of a text object's user values. */
enum { KEY_PLAN = 1, VALUE_PLAN = 2, CALLED = 3 };

struct text {
	struct lun_stream *stream;
	struct lun_out out; /* a member, so that an error during a read frees it */
};

/* Lets the function of a JSON sink find its plan object on the stack. */
struct calls {
	lua_State *L;
	int key_plan, value_plan;
};

static struct text *check_text(lua_State *L)
{
	return luaL_checkudata(L, 1, LUN_TEXT_HANDLE);
}

/* text:close() */
static int l_text_close(lua_State *L)
{
	struct text *text = check_text(L);

	if (text->stream)
		text->stream->source.close(&text->stream->source);
	text->stream = NULL;
	lun_out_free(&text->out);
	return 0;
}

/* Writes the value on top as JSON; a value that JSON can't hold is written as an error. */
static void write_any(lua_State *L, struct lun_out *out, bool text)
{
	size_t len;
	const char *s;

	if (lua_type(L, -1) == LUA_TSTRING) {
		s = lua_tolstring(L, -1, &len);
		if (text)
			lun_out_mem(out, s, len);
		else
			lun_json_str(out, s, len);
		return;
	}
	if (lua_isinteger(L, -1)) {
		lun_out_i64(out, lua_tointeger(L, -1));
		return;
	}
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_getfield(L, -1, "lunette.core.json");
	lua_getfield(L, -1, "encode");
	lua_pushvalue(L, -4);
	if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
		s = lua_tolstring(L, -1, &len);
		lun_out_mem(out, s, len);
	} else {
		s = luaL_tolstring(L, -1, &len);
		lun_out_str(out, "{\"error\":");
		lun_json_str(out, s, len);
		lun_out_char(out, '}');
		lua_pop(L, 1);
	}
	lua_pop(L, 3);
}

static void call_func(struct lun_sink *sink, const struct lun_op *op, const char *name,
	const struct lun_bytes *bytes, uint32_t offset)
{
	struct lun_entry_sink *s = (struct lun_entry_sink *)sink;
	struct calls *calls = s->user;

	lun_json_member(&s->json, name);
	lun_push_func_result(calls->L,
		s->side == LUN_SIDE_KEY ? calls->key_plan : calls->value_plan, op, bytes, offset);
	write_any(calls->L, s->json.out, s->text);
	lua_pop(calls->L, 1);
}

/* Reads until there is text; the user values are on the stack from 2 on. */
static int pull(lua_State *L, struct text *text)
{
	struct calls calls = { L, 2, 3 };
	struct lun_lua_calls made;
	struct lun_source *source = &text->stream->source;
	int more;

	text->stream->user = &calls;
	lun_bind_calls(&made, L, 4);
	lun_bind_filter(lun_stream_where(text->stream), &made);
	if (text->stream->sorted)
		lun_bind_reader(&text->stream->sorted->reader, &made);
	lun_out_reset(&text->out);
	do {
		more = source->pull(source, &text->out);
	} while (more > 0 && !text->out.len && !text->out.err);
	text->stream->user = NULL;
	return more < 0 ? more : text->out.err;
}

/* text:read() -> chunk | nil [, err, errno] */
static int l_text_read(lua_State *L)
{
	struct text *text = check_text(L);
	int err;

	if (!text->stream)
		return luaL_error(L, "stream is closed");
	lua_settop(L, 1);
	lua_getiuservalue(L, 1, KEY_PLAN);
	lua_getiuservalue(L, 1, VALUE_PLAN);
	lua_getiuservalue(L, 1, CALLED);
	err = pull(L, text);
	if (err)
		return lun_push_error(L, err, "reading the map");
	if (text->out.len)
		lua_pushlstring(L, text->out.data, text->out.len);
	else
		luaL_pushfail(L);
	return 1;
}

/* text:note() -> sentence | nil */
static int l_text_note(lua_State *L)
{
	struct text *text = check_text(L);

	lua_pushstring(L, text->stream ? lun_source_note(&text->stream->source) : NULL);
	return 1;
}

static const char *const formats[] = { "ndjson", "json", "csv", "table", NULL };

static int check_format(lua_State *L)
{
	int format;

	lua_getfield(L, 2, "format");
	format = luaL_checkoption(L, -1, "ndjson", formats);
	lua_pop(L, 1);
	return format;
}

/* The options at 2 with which a stream is opened. */
struct opening {
	struct lun_entry_format view;
	enum lun_stream_format format;
	bool sorted;
};

static int push_source(lua_State *L, const struct lun_map *map, const struct opening *how,
	struct lun_stream **stream)
{
	struct lun_source **slot = lun_source_new(L);
	int err = lun_stream_open(stream, map, &how->view, how->format, how->sorted);

	if (!err)
		*slot = &(*stream)->source;
	return err;
}

/* The plan objects are below the top of the stack. */
static int push_text(lua_State *L, const struct lun_map *map, const struct opening *how,
	struct lun_stream **stream)
{
	struct text *text = lua_newuserdatauv(L, sizeof(*text), CALLED);
	int err;

	memset(text, 0, sizeof(*text));
	luaL_setmetatable(L, LUN_TEXT_HANDLE);
	lua_pushvalue(L, -3);
	lua_setiuservalue(L, -2, KEY_PLAN);
	lua_pushvalue(L, -2);
	lua_setiuservalue(L, -2, VALUE_PLAN);
	err = lun_stream_open(stream, map, &how->view, how->format, how->sorted);
	if (err)
		return err;
	text->stream = *stream;
	text->stream->func = call_func;
	return 0;
}

static bool has(lua_State *L, const char *name)
{
	bool is_there = lua_getfield(L, 2, name) != LUA_TNIL;

	lua_pop(L, 1);
	return is_there;
}

/* Whether a plan with Lua functions is in the options' order. */
static bool order_calls_lua(lua_State *L)
{
	const struct lun_plan *plan;
	int top = lua_gettop(L);
	bool calls = false;

	if (lua_getfield(L, 2, "sort") == LUA_TTABLE) {
		lua_getfield(L, -1, "plan");
		plan = lun_plan_test(L, -1);
		calls = plan && plan->funcs;
	}
	lua_settop(L, top);
	return calls;
}

static void set_limit(lua_State *L, struct lun_stream *stream)
{
	lua_Integer limit = luaL_checkinteger(L, -1);

	if (limit < 0)
		luaL_error(L, "limit: out of range");
	stream->left = (uint64_t)limit;
	if (stream->sorted && limit < UINT32_MAX)
		stream->sorted->limit = (uint32_t)limit;
}

static void set_only(lua_State *L, const struct lun_map *map, struct lun_stream *stream)
{
	size_t len;
	const char *key = luaL_checklstring(L, -1, &len);

	if (len != map->info.key_size)
		luaL_error(L, "key: has %d bytes, the map's keys have %d", (int)len,
			(int)map->info.key_size);
	if (stream->sorted)
		luaL_error(L, "key: one entry has no order");
	stream->only = malloc(len + 1);
	if (!stream->only)
		luaL_error(L, "not enough memory");
	memcpy(stream->only, key, len);
}

/* The column on top: { title =, right = }. */
static void read_column(lua_State *L, struct lun_table_column *column)
{
	luaL_checktype(L, -1, LUA_TTABLE);
	lua_getfield(L, -1, "title");
	column->title = strdup(luaL_checkstring(L, -1));
	lua_getfield(L, -2, "right");
	column->right = lua_toboolean(L, -1);
	lua_pop(L, 2);
}

static int read_columns(lua_State *L)
{
	struct lun_table_column *columns = lua_touserdata(L, 2);

	for (lua_Integer i = luaL_len(L, 1); i > 0; i--) {
		lua_rawgeti(L, 1, i);
		read_column(L, &columns[i - 1]);
		lua_pop(L, 1);
	}
	return 0;
}

/* Gives a table its columns, `columns` of the options. -EOPNOTSUPP when C can't write the cells. */
static int set_columns(lua_State *L, struct lun_stream *stream)
{
	struct lun_table_column *columns;
	lua_Integer nr;
	int err;

	if (lua_getfield(L, 2, "columns") != LUA_TTABLE)
		return luaL_error(L, "columns: a table needs them");
	nr = luaL_len(L, -1);
	columns = calloc((size_t)nr + 1, sizeof(*columns));
	if (!columns)
		return luaL_error(L, "not enough memory");
	lua_pushcfunction(L, read_columns);
	lua_insert(L, -2);
	lua_pushlightuserdata(L, columns);
	err = lua_pcall(L, 2, 0, 0);
	for (lua_Integer i = 0; !err && i < nr; i++)
		err = columns[i].title ? 0 : LUA_ERRMEM;
	if (err) {
		for (lua_Integer i = 0; i < nr; i++)
			free(columns[i].title);
		free(columns);
		return luaL_error(L, "columns: { title =, right = } each");
	}
	err = lun_table_open(stream, columns, (uint32_t)nr);
	if (err == -EINVAL)
		return luaL_error(L, "columns: one for each of the decoder's");
	return err;
}

/* Reads from the options at 2 the condition, the order and the format; the stream's object is on
 * top. */
static void choose(
	lua_State *L, const struct lun_map *map, struct lun_stream *stream, bool calls_lua)
{
	int called, object = lua_gettop(L);

	stream->guard = lun_opt_bool(L, 2, "guard", false);
	if (lua_getfield(L, 2, "limit") != LUA_TNIL)
		set_limit(L, stream);
	if (lua_getfield(L, 2, "key") != LUA_TNIL)
		set_only(L, map, stream);
	lua_newtable(L);
	called = lua_gettop(L);
	if (calls_lua) {
		lua_pushvalue(L, called);
		lua_setiuservalue(L, object, CALLED);
	}
	if (lua_getfield(L, 2, "where") != LUA_TNIL)
		lun_check_where(L, -1, map, lun_stream_where(stream), called);
	if (stream->sorted) {
		lua_getfield(L, 2, "sort");
		lun_check_cell(L, -1, map, &stream->sorted->sort, called);
		stream->sorted->descending = lun_opt_bool(L, 2, "descending", false);
	}
	lua_settop(L, object);
}

/* The plan objects stay on the stack while the stream is opened, so that an error loses no
 * reference. */
static void borrow_plans(struct lun_entry_format *view)
{
	struct lun_entry_format borrowed = *view;

	lun_entry_format_free(view);
	*view = borrowed;
}

/* map:stream([{ format = "ndjson" | "json" | "csv" | "table", decoder =, cpus =, key =, where =,
 * sort =, descending =, limit =, guard =, columns = }]) -> stream with read() and close() | nil,
 * err, errno */
int l_map_stream(lua_State *L)
{
	struct lun_map *map = lun_map_check(L, 1);
	struct lun_stream *stream;
	struct opening how;
	bool calls_lua;
	int n, err;

	lua_settop(L, 2);
	if (lua_isnil(L, 2)) {
		lua_newtable(L);
		lua_replace(L, 2);
	}
	how.format = (enum lun_stream_format)check_format(L);
	how.sorted = has(L, "sort");
	n = lun_push_readable(L, map);
	if (!n)
		n = lun_push_chosen_decoder(L, lun_push_decoder);
	if (!n)
		n = lun_push_view(L, -1, map, lun_opt_bool(L, 2, "cpus", false), &how.view);
	if (n)
		return n;
	borrow_plans(&how.view);
	calls_lua = lun_entry_format_calls_lua(&how.view) || has(L, "where") || order_calls_lua(L);
	err = (calls_lua ? push_text : push_source)(L, map, &how, &stream);
	if (err)
		return lun_push_error(L, err, "map");
	choose(L, map, stream, calls_lua);
	err = how.format == LUN_TABLE ? set_columns(L, stream) : 0;
	return err ? lun_push_error(L, err, "table") : 1;
}

static const luaL_Reg methods[] = {
	{ "read", l_text_read },
	{ "note", l_text_note },
	{ "close", l_text_close },
	{ NULL, NULL },
};

void lun_bind_streams(lua_State *L)
{
	lun_team_set_alone(lun_server_busy);
	lun_push_handle_metatable(L, LUN_TEXT_HANDLE, methods, l_text_close);
	lua_pop(L, 1);
}
