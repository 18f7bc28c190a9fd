/*
 * require("lunette.core.shared"): a key-value store that all VMs of the process share. Values
 * are plain data, copied in and out. It is bounded in bytes and keys; entries may expire.
 */
#include <lauxlib.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vm/modules.h"
#include "vm/pack.h"

enum { BUCKETS = 4096, MAX_KEYS = 100000, MAX_KEY = 512 };
static const size_t max_bytes = 128u << 20;

struct entry {
	struct entry *next;
	double expires; /* seconds, CLOCK_MONOTONIC; INFINITY: never */
	size_t key_len, len;
	char bytes[]; /* key, packed value */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *buckets[BUCKETS];
static size_t bytes_held, keys_held;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct entry **bucket_of(const char *key, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)key[i]) * 16777619u;
	return &buckets[hash % BUCKETS];
}

static void remove_at(struct entry **slot)
{
	struct entry *entry = *slot;

	*slot = entry->next;
	bytes_held -= sizeof(*entry) + entry->key_len + entry->len;
	keys_held--;
	free(entry);
}

/* The slot that points at the key's entry, or at NULL. What expired is removed on the way. */
static struct entry **find(const char *key, size_t len)
{
	struct entry **slot = bucket_of(key, len);

	while (*slot) {
		struct entry *entry = *slot;

		if (entry->expires <= now())
			remove_at(slot);
		else if (entry->key_len == len && !memcmp(entry->bytes, key, len))
			break;
		else
			slot = &entry->next;
	}
	return slot;
}

static void remove_expired(void)
{
	double time = now();

	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct entry **slot = &buckets[i]; *slot;) {
			if ((*slot)->expires <= time)
				remove_at(slot);
			else
				slot = &(*slot)->next;
		}
	}
}

static bool has_room(size_t size)
{
	return keys_held < MAX_KEYS && bytes_held + size <= max_bytes;
}

/* Under the lock. Replaces what was there; false when the store is full. */
static bool store(const char *key, size_t key_len, const char *data, size_t len, double expires)
{
	size_t size = sizeof(struct entry) + key_len + len;
	struct entry **slot = find(key, key_len);
	struct entry *entry;

	if (*slot)
		remove_at(slot);
	if (!has_room(size)) {
		remove_expired();
		slot = find(key, key_len);
		if (!has_room(size))
			return false;
	}
	entry = malloc(size);
	if (!entry)
		return false;
	*entry =
		(struct entry){ .next = *slot, .expires = expires, .key_len = key_len, .len = len };
	memcpy(entry->bytes, key, key_len);
	memcpy(entry->bytes + key_len, data, len);
	*slot = entry;
	bytes_held += size;
	keys_held++;
	return true;
}

static const char *check_key(lua_State *L, size_t *len)
{
	const char *key = luaL_checklstring(L, 1, len);

	luaL_argcheck(L, *len > 0 && *len <= MAX_KEY, 1, "a key has 1 to 512 bytes");
	return key;
}

static double check_expires(lua_State *L, int arg)
{
	double ttl = luaL_optnumber(L, arg, INFINITY);

	luaL_argcheck(L, ttl > 0, arg, "seconds must be positive");
	return now() + ttl;
}

/* Copies the key's value into out; false when there is none. */
static bool load(const char *key, size_t len, struct lun_out *out)
{
	struct entry *entry;

	lun_out_init(out);
	pthread_mutex_lock(&lock);
	entry = *find(key, len);
	if (entry)
		lun_out_mem(out, entry->bytes + entry->key_len, entry->len);
	pthread_mutex_unlock(&lock);
	return entry != NULL;
}

static int l_unpack(lua_State *L)
{
	const struct lun_out *out = lua_touserdata(L, 1);

	lun_unpack(L, out->data, out->len);
	return 1;
}

/* shared.get(key) -> value | nil */
static int l_shared_get(lua_State *L)
{
	struct lun_out out;
	size_t len;
	const char *key = check_key(L, &len);
	int status;

	if (!load(key, len, &out))
		return 0;
	lua_pushcfunction(L, l_unpack);
	lua_pushlightuserdata(L, &out);
	status = lua_pcall(L, 1, 1, 0);
	lun_out_free(&out);
	return status ? lua_error(L) : 1;
}

static int push_full(lua_State *L)
{
	luaL_pushfail(L);
	lua_pushliteral(L, "shared: the store is full");
	return 2;
}

/* shared.set(key, value [, seconds]) -> true | nil, err; nil as value deletes */
static int l_shared_set(lua_State *L)
{
	struct lun_out out;
	size_t len;
	const char *key = check_key(L, &len), *err;
	double expires = check_expires(L, 3);
	bool stored = true;

	luaL_checkany(L, 2);
	lun_out_init(&out);
	err = lun_pack(L, 2, &out);
	if (err) {
		lun_out_free(&out);
		return luaL_argerror(L, 2, err);
	}
	pthread_mutex_lock(&lock);
	if (!lua_isnil(L, 2))
		stored = store(key, len, out.data, out.len, expires);
	else if (*find(key, len))
		remove_at(find(key, len));
	pthread_mutex_unlock(&lock);
	lun_out_free(&out);
	if (!stored)
		return push_full(L);
	lua_pushboolean(L, 1);
	return 1;
}

/* The number in an entry, 0 for none; false when it holds something else. */
static bool number_of(const struct entry *entry, lua_Integer *value)
{
	*value = 0;
	if (!entry)
		return true;
	if (entry->len != 1 + sizeof(*value) || entry->bytes[entry->key_len] != 'i')
		return false;
	memcpy(value, entry->bytes + entry->key_len + 1, sizeof(*value));
	return true;
}

/* shared.add(key [, n [, seconds]]) -> integer | nil, err: adds in one step, from 0 */
static int l_shared_add(lua_State *L)
{
	size_t len;
	const char *key = check_key(L, &len);
	lua_Integer n = luaL_optinteger(L, 2, 1), value;
	double expires = check_expires(L, 3);
	char packed[1 + sizeof(value)] = { 'i' };
	bool is_number, stored = false;

	pthread_mutex_lock(&lock);
	is_number = number_of(*find(key, len), &value);
	if (is_number) {
		value = (lua_Integer)((lua_Unsigned)value + (lua_Unsigned)n);
		memcpy(packed + 1, &value, sizeof(value));
		stored = store(key, len, packed, sizeof(packed), expires);
	}
	pthread_mutex_unlock(&lock);
	if (!is_number)
		return luaL_error(L, "shared.add: '%s' holds no integer", key);
	if (!stored)
		return push_full(L);
	lua_pushinteger(L, value);
	return 1;
}

/* shared.delete(key) -> existed */
static int l_shared_delete(lua_State *L)
{
	size_t len;
	const char *key = check_key(L, &len);
	struct entry **slot;
	bool existed;

	pthread_mutex_lock(&lock);
	slot = find(key, len);
	existed = *slot != NULL;
	if (existed)
		remove_at(slot);
	pthread_mutex_unlock(&lock);
	lua_pushboolean(L, existed);
	return 1;
}

/* All keys with the prefix, each with its length before it. */
static void list_keys(struct lun_out *out, const char *prefix, size_t len)
{
	pthread_mutex_lock(&lock);
	remove_expired();
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct entry *entry = buckets[i]; entry; entry = entry->next) {
			if (entry->key_len < len || memcmp(entry->bytes, prefix, len))
				continue;
			lun_out_mem(out, &entry->key_len, sizeof(entry->key_len));
			lun_out_mem(out, entry->bytes, entry->key_len);
		}
	}
	pthread_mutex_unlock(&lock);
}

static int l_push_keys(lua_State *L)
{
	const struct lun_out *out = lua_touserdata(L, 1);
	size_t at = 0, len;

	lua_newtable(L);
	for (lua_Integer i = 1; at < out->len; i++) {
		memcpy(&len, out->data + at, sizeof(len));
		at += sizeof(len);
		lua_pushlstring(L, out->data + at, len);
		lua_rawseti(L, -2, i);
		at += len;
	}
	return 1;
}

/* shared.keys([prefix]) -> string[], in no order */
static int l_shared_keys(lua_State *L)
{
	struct lun_out out;
	size_t len;
	const char *prefix = luaL_optlstring(L, 1, "", &len);
	int status;

	lun_out_init(&out);
	list_keys(&out, prefix, len);
	lua_pushcfunction(L, l_push_keys);
	lua_pushlightuserdata(L, &out);
	status = lua_pcall(L, 1, 1, 0);
	lun_out_free(&out);
	return status ? lua_error(L) : 1;
}

static const luaL_Reg functions[] = {
	{ "get", l_shared_get },
	{ "set", l_shared_set },
	{ "add", l_shared_add },
	{ "delete", l_shared_delete },
	{ "keys", l_shared_keys },
	{ NULL, NULL },
};

int luaopen_lunette_core_shared(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
