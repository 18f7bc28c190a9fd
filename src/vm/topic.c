/*
 * require("lunette.core.topic"): publish and subscribe between VMs and clients. A topic is
 * there while it has subscribers.
 */
#include <errno.h>
#include <lauxlib.h>

#include "vm/conn_private.h"
#include "vm/modules.h"
#include "vm/pack.h"

struct subscription {
	struct subscription *next;
	struct lun_conn *conn; /* not held: lun_conn_gone removes it */
	struct lun_blob *tag;
};

struct topic {
	struct topic *next;
	struct subscription *subscriptions;
	unsigned count;
	char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct topic *topics;

static struct topic **find(const char *name)
{
	struct topic **slot = &topics;

	while (*slot && strcmp((*slot)->name, name) != 0)
		slot = &(*slot)->next;
	return slot;
}

static struct topic *find_or_make(const char *name)
{
	struct topic **slot = find(name);

	if (!*slot) {
		*slot = calloc(1, sizeof(struct topic) + strlen(name) + 1);
		if (*slot)
			strcpy((*slot)->name, name);
	}
	return *slot;
}

int lun_topic_subscribe(struct lun_conn *conn, const char *name, struct lun_blob *tag)
{
	struct subscription *subscription = malloc(sizeof(*subscription));
	struct topic *topic;
	int err = -ENOMEM;

	if (!subscription)
		return -ENOMEM;
	pthread_mutex_lock(&lock);
	pthread_mutex_lock(&conn->lock);
	topic = conn->gone ? NULL : find_or_make(name);
	if (topic) {
		*subscription =
			(struct subscription){ topic->subscriptions, conn, lun_blob_ref(tag) };
		topic->subscriptions = subscription;
		topic->count++;
		err = 0;
	} else if (conn->gone) {
		err = -EPIPE;
	}
	pthread_mutex_unlock(&conn->lock);
	pthread_mutex_unlock(&lock);
	if (err)
		free(subscription);
	return err;
}

static bool same(const struct lun_blob *a, const struct lun_blob *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void remove_from(
	struct topic *topic, const struct lun_conn *conn, const struct lun_blob *tag)
{
	for (struct subscription **slot = &topic->subscriptions; *slot;) {
		struct subscription *one = *slot;

		if (one->conn != conn || (tag && !same(one->tag, tag))) {
			slot = &one->next;
			continue;
		}
		*slot = one->next;
		topic->count--;
		lun_blob_unref(one->tag);
		free(one);
	}
}

void lun_topic_unsubscribe(struct lun_conn *conn, const struct lun_blob *tag)
{
	pthread_mutex_lock(&lock);
	for (struct topic **slot = &topics; *slot;) {
		struct topic *topic = *slot;

		remove_from(topic, conn, tag);
		if (topic->count) {
			slot = &topic->next;
			continue;
		}
		*slot = topic->next;
		free(topic);
	}
	pthread_mutex_unlock(&lock);
}

unsigned lun_topic_publish(const char *name, struct lun_blob *payload)
{
	unsigned count = 0;
	struct topic *topic;

	pthread_mutex_lock(&lock);
	topic = *find(name);
	if (topic) {
		count = topic->count;
		for (struct subscription *one = topic->subscriptions; one; one = one->next)
			lun_conn_event(one->conn, one->tag, payload, NULL, NULL);
	}
	pthread_mutex_unlock(&lock);
	return count;
}

unsigned lun_topic_subscribers(const char *name)
{
	unsigned count;

	pthread_mutex_lock(&lock);
	count = *find(name) ? (*find(name))->count : 0;
	pthread_mutex_unlock(&lock);
	return count;
}

/* topic.publish(name, value) -> how many subscribers it goes to */
static int l_topic_publish(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1), *err;
	struct lun_blob *payload;
	struct lun_out out;
	unsigned count;

	luaL_checkany(L, 2);
	lun_out_init(&out);
	err = lun_pack(L, 2, &out);
	payload = err ? NULL : lun_blob_new(out.data, out.len);
	lun_out_free(&out);
	if (!payload)
		return luaL_argerror(L, 2, err ? err : "not enough memory");
	count = lun_topic_publish(name, payload);
	lun_blob_unref(payload);
	lua_pushinteger(L, count);
	return 1;
}

/* topic.subscribers(name) -> integer */
static int l_topic_subscribers(lua_State *L)
{
	lua_pushinteger(L, lun_topic_subscribers(luaL_checkstring(L, 1)));
	return 1;
}

static const luaL_Reg functions[] = {
	{ "publish", l_topic_publish },
	{ "subscribers", l_topic_subscribers },
	{ NULL, NULL },
};

int luaopen_lunette_core_topic(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
