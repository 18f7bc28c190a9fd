/*
 * The Lua object of a connection: send, close, subscribe, unsubscribe, every, and the table
 * conn.data.
 */
#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>

#include "vm/conn_private.h"
#include "vm/names.h"
#include "vm/push.h"
#include "vm/pack.h"
#include "text/out.h"

struct lun_conn **lun_conn_slot(lua_State *L, int idx)
{
	return luaL_testudata(L, idx, LUN_CONN);
}

/* The connection at argument 1; NULL when it has ended. */
static struct lun_conn *check_conn(lua_State *L)
{
	struct lun_conn **slot = luaL_checkudata(L, 1, LUN_CONN);

	return *slot;
}

static int push_sent(lua_State *L, int err)
{
	if (!err) {
		lua_pushboolean(L, 1);
		return 1;
	}
	luaL_pushfail(L);
	if (err == -EPIPE)
		lua_pushliteral(L, "the connection has ended");
	else
		lua_pushstring(L, err == -ENOBUFS ? "the client is too slow" : strerror(-err));
	return 2;
}

/* Writes one field of a server-sent event: the field's name before each line of the value. */
static void write_field(struct lun_out *out, const char *name, const char *value, size_t len)
{
	const char *end = value + len;

	for (;;) {
		const char *line = value;

		while (value < end && *value != '\n' && *value != '\r')
			value++;
		lun_out_str(out, name);
		lun_out_str(out, ": ");
		lun_out_mem(out, line, (size_t)(value - line));
		lun_out_char(out, '\n');
		if (value == end)
			return;
		value += *value == '\r' && value + 1 < end && value[1] == '\n' ? 2 : 1;
	}
}

/* The event and id fields must be one line each. */
static const char *check_line(lua_State *L, const char *name, size_t *len)
{
	const char *value = NULL;

	*len = 0;
	if (lua_istable(L, 3) && lua_getfield(L, 3, name) != LUA_TNIL) {
		value = luaL_checklstring(L, -1, len);
		if (strpbrk(value, "\r\n") || strlen(value) != *len)
			luaL_error(L, "send: %s must be one line", name);
	}
	return value;
}

static int send_event(lua_State *L, struct lun_conn *conn)
{
	size_t len, event_len, id_len;
	const char *data = luaL_checklstring(L, 2, &len);
	const char *event = check_line(L, "event", &event_len);
	const char *id = check_line(L, "id", &id_len);
	struct lun_out out;
	int err;

	lun_out_init(&out);
	if (event)
		write_field(&out, "event", event, event_len);
	if (id)
		write_field(&out, "id", id, id_len);
	write_field(&out, "data", data, len);
	lun_out_char(&out, '\n');
	err = out.err ? out.err : lun_conn_send(conn, out.data, out.len);
	lun_out_free(&out);
	return push_sent(L, err);
}

/* conn:send(text [, { event=, id= }]) -> true | nil, err; the fields are for server-sent events */
static int l_conn_send(lua_State *L)
{
	struct lun_conn *conn = check_conn(L);
	size_t len;
	const char *text;

	if (!conn)
		return push_sent(L, -EPIPE);
	if (conn->events)
		return send_event(L, conn);
	text = luaL_checklstring(L, 2, &len);
	return push_sent(L, lun_conn_send(conn, text, len));
}

/* conn:close([code [, reason]]) */
static int l_conn_close(lua_State *L)
{
	struct lun_conn *conn = check_conn(L);
	lua_Integer code = luaL_optinteger(L, 2, 1000);

	luaL_argcheck(L, code >= 1000 && code < 5000, 2, "a code is 1000 to 4999");
	if (conn)
		lun_conn_close(conn, (int)code, luaL_optstring(L, 3, ""));
	return 0;
}

static struct lun_blob *check_tag(lua_State *L, int idx)
{
	struct lun_blob *tag;
	struct lun_out out;
	const char *err;

	luaL_checkany(L, idx);
	lun_out_init(&out);
	err = lun_pack(L, idx, &out);
	tag = err ? NULL : lun_blob_new(out.data, out.len);
	lun_out_free(&out);
	if (!tag)
		luaL_argerror(L, idx, err ? err : "not enough memory");
	return tag;
}

/* conn:subscribe(topic, tag): calls event(conn, tag, value) for each value published */
static int l_conn_subscribe(lua_State *L)
{
	struct lun_conn *conn = check_conn(L);
	const char *topic = luaL_checkstring(L, 2);
	struct lun_blob *tag = check_tag(L, 3);
	int err = conn ? lun_topic_subscribe(conn, topic, tag) : -EPIPE;

	lun_blob_unref(tag);
	return push_sent(L, err);
}

/* conn:every(seconds, tag): calls event(conn, tag) at that interval */
static int l_conn_every(lua_State *L)
{
	struct lun_conn *conn = check_conn(L);
	double seconds = luaL_checknumber(L, 2);
	struct lun_blob *tag;
	int err;

	luaL_argcheck(L, seconds >= 0.01 && seconds <= 86400, 2, "0.01 to 86400 seconds");
	tag = check_tag(L, 3);
	err = conn ? lun_clock_add(conn, seconds, tag) : -EPIPE;
	lun_blob_unref(tag);
	return push_sent(L, err);
}

/* conn:unsubscribe(tag): ends the subscriptions and timers with that tag */
static int l_conn_unsubscribe(lua_State *L)
{
	struct lun_conn *conn = check_conn(L);
	struct lun_blob *tag = check_tag(L, 2);

	if (conn) {
		lun_topic_unsubscribe(conn, tag);
		lun_clock_remove(conn, tag);
	}
	lun_blob_unref(tag);
	return 0;
}

static int l_conn_gc(lua_State *L)
{
	struct lun_conn **slot = luaL_checkudata(L, 1, LUN_CONN);

	if (*slot)
		lun_conn_unref(*slot);
	*slot = NULL;
	return 0;
}

/* conn.data: the user's table; every other key is a method */
static int l_conn_index(lua_State *L)
{
	const char *name = luaL_checkstring(L, 2);

	if (strcmp(name, "data") == 0) {
		lua_getiuservalue(L, 1, 1);
		return 1;
	}
	luaL_getmetafield(L, 1, "methods");
	lua_getfield(L, -1, name);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "send", l_conn_send },
	{ "close", l_conn_close },
	{ "subscribe", l_conn_subscribe },
	{ "every", l_conn_every },
	{ "unsubscribe", l_conn_unsubscribe },
	{ NULL, NULL },
};

static const luaL_Reg metamethods[] = {
	{ "__gc", l_conn_gc },
	{ "__index", l_conn_index },
	{ NULL, NULL },
};

static void push_metatable(lua_State *L)
{
	lun_push_metatable(L, LUN_CONN, metamethods, NULL);
	if (lua_getfield(L, -1, "methods") == LUA_TNIL) {
		luaL_newlib(L, methods);
		lua_setfield(L, -3, "methods");
	}
	lua_pop(L, 1);
}

struct lun_conn **lun_conn_push(lua_State *L)
{
	struct lun_conn **slot = lua_newuserdatauv(L, sizeof(struct lun_conn *), 1);

	*slot = NULL;
	push_metatable(L);
	lua_setmetatable(L, -2);
	lua_newtable(L);
	lua_setiuservalue(L, -2, 1);
	return slot;
}
