/*
 * require("lunette.core.shared"): a key-value store that all VMs of the process share. Values are
 * plain data and copied. Bytes and keys are limited; entries may expire.
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
#include "text/monotonic.h"

enum { BUCKETS = 4096, MAX_KEYS = 100000, MAX_KEY = 512 };
static const size_t max_bytes = 128u << 20;

struct entry {
	struct entry *next;
	double expires; /* CLOCK_MONOTONIC seconds; INFINITY: never */
	size_t key_len, len;
	char bytes[]; /* the key, then the packed value */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *buckets[BUCKETS];
static size_t bytes_held, keys_held;

static struct entry **bucket_of(const char *key, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)key[i]) * 16777619u;
	return &buckets[hash % BUCKETS];
}

static size_t size_of(const struct entry *entry)
{
	return sizeof(*entry) + entry->key_len + entry->len;
}

static void remove_at(struct entry **slot)
{
	struct entry *entry = *slot;

	*slot = entry->next;
	bytes_held -= size_of(entry);
	keys_held--;
	free(entry);
}

/* The pointer to the key's entry, or the pointer (to NULL) where it would be linked. Removes
 * expired entries on its way. */
static struct entry **find(const char *key, size_t len)
{
	struct entry **slot = bucket_of(key, len);

	while (*slot) {
		struct entry *entry = *slot;

		if (entry->expires <= lun_monotonic())
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
	double time = lun_monotonic();

	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct entry **slot = &buckets[i]; *slot;) {
			if ((*slot)->expires <= time)
				remove_at(slot);
			else
				slot = &(*slot)->next;
		}
	}
}

/* True when the store has room for `size` more bytes once `old` (may be NULL) is removed. */
static bool has_room(const struct entry *old, size_t size)
{
	size_t bytes = bytes_held - (old ? size_of(old) : 0);

	return keys_held - (old != NULL) < MAX_KEYS && bytes + size <= max_bytes;
}

/* Under the lock. Replaces the key's value. False when the store is full: the old value stays. */
static bool store(const char *key, size_t key_len, const char *data, size_t len, double expires)
{
	size_t size = sizeof(struct entry) + key_len + len;
	struct entry **slot = find(key, key_len);
	struct entry *entry;

	if (!has_room(*slot, size)) {
		remove_expired();
		slot = find(key, key_len);
		if (!has_room(*slot, size))
			return false;
	}
	entry = malloc(size);
	if (!entry)
		return false;
	if (*slot)
		remove_at(slot);
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
	return lun_monotonic() + ttl;
}

/* Copies the key's value into out; false when the key does not exist. */
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

	if (!load(key, len, &out)) {
		lua_pushnil(L);
		return 1;
	}
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

/* Packs the value at index 2; raises when it can't be packed. The caller frees it by
 * lun_out_free. */
static void pack_value(lua_State *L, struct lun_out *out)
{
	const char *err;

	luaL_checkany(L, 2);
	lun_out_init(out);
	err = lun_pack(L, 2, out);
	if (!err)
		return;
	lun_out_free(out);
	luaL_argerror(L, 2, err);
}

/* shared.set(key, value [, seconds]) -> true | nil, err; nil as the value deletes the key */
static int l_shared_set(lua_State *L)
{
	struct lun_out out;
	size_t len;
	const char *key = check_key(L, &len);
	double expires = check_expires(L, 3);
	bool stored = true;

	pack_value(L, &out);
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

/* shared.add(key, value [, seconds]) -> true | false, "exists" | nil, err: sets only a new key */
static int l_shared_add(lua_State *L)
{
	struct lun_out out;
	size_t len;
	const char *key = check_key(L, &len);
	double expires = check_expires(L, 3);
	bool exists, stored = false;

	luaL_argcheck(L, !lua_isnoneornil(L, 2), 2, "a value");
	pack_value(L, &out);
	pthread_mutex_lock(&lock);
	exists = *find(key, len) != NULL;
	if (!exists)
		stored = store(key, len, out.data, out.len, expires);
	pthread_mutex_unlock(&lock);
	lun_out_free(&out);
	if (!exists && !stored)
		return push_full(L);
	lua_pushboolean(L, stored);
	if (stored)
		return 1;
	lua_pushliteral(L, "exists");
	return 2;
}

/* Reads the integer of an entry; false when its value is not an integer. */
static bool integer_of(const struct entry *entry, lua_Integer *value)
{
	if (entry->len != 1 + sizeof(*value) || entry->bytes[entry->key_len] != 'i')
		return false;
	memcpy(value, entry->bytes + entry->key_len + 1, sizeof(*value));
	return true;
}

/* Under the lock. Adds n to the key's integer. A new key starts at *value and expires at `expires`;
 * an existing key keeps its expiry. Returns NULL, or the error. */
static const char *increase(
	const char *key, size_t len, lua_Integer n, double expires, lua_Integer *value)
{
	char packed[1 + sizeof(*value)] = { 'i' };
	struct entry *entry = *find(key, len);

	if (entry && !integer_of(entry, value))
		return "not an integer";
	*value = (lua_Integer)((lua_Unsigned)*value + (lua_Unsigned)n);
	memcpy(packed + 1, value, sizeof(*value));
	if (entry)
		memcpy(entry->bytes + len, packed, sizeof(packed));
	else if (!store(key, len, packed, sizeof(packed), expires))
		return "shared: the store is full";
	return NULL;
}

/* shared.incr(key [, n [, init [, seconds]]]) -> integer | nil, err: adds n (default 1) atomically.
 * A new key starts at init (default 0) and expires after so many seconds */
static int l_shared_incr(lua_State *L)
{
	size_t len;
	const char *key = check_key(L, &len), *err;
	lua_Integer n = luaL_optinteger(L, 2, 1), value = luaL_optinteger(L, 3, 0);
	double expires = check_expires(L, 4);

	pthread_mutex_lock(&lock);
	err = increase(key, len, n, expires, &value);
	pthread_mutex_unlock(&lock);
	if (!err) {
		lua_pushinteger(L, value);
		return 1;
	}
	luaL_pushfail(L);
	lua_pushstring(L, err);
	return 2;
}

/* shared.delete(key) -> true when the key existed */
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

/* Lists the keys that have the prefix, each after its length. */
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

/* shared.keys([prefix]) -> string[], unsorted */
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
	{ "incr", l_shared_incr },
	{ "delete", l_shared_delete },
	{ "keys", l_shared_keys },
	{ NULL, NULL },
};

int luaopen_lunette_core_shared(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
