#pragma once
/*
 * One open map: its descriptor, the kernel's info on it, and the sizes that the system calls use.
 * The struct owns the descriptor until lun_map_close; a closed one has fd -1. All functions return
 * 0 or -errno unless they say otherwise.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lun_map {
	int fd;
	struct bpf_map_info info;
	uint32_t cpus;        /* values a key: the possible CPUs of a per-CPU map, else 1 */
	uint32_t stride;      /* bytes from one CPU's value to the next */
	uint32_t value_bytes; /* bytes that one lookup fills: cpus * stride */
};

/* How the contents of a map type can be read. */
enum lun_map_access {
	LUN_ACCESS_KEYS,  /* key by key, and by batch where the kernel can */
	LUN_ACCESS_PEEK,  /* only the next element: queue and stack */
	LUN_ACCESS_STORE, /* local storage: an iterator program walks its owners */
	LUN_ACCESS_RING,  /* ring buffers: by mapping their pages */
	LUN_ACCESS_NONE,  /* not at all: lun_map_unreadable says why */
};

int lun_map_open_id(struct lun_map *map, uint32_t id);
int lun_map_open_pin(struct lun_map *map, const char *path);
/* Takes fd over, also on failure. */
int lun_map_open_fd(struct lun_map *map, int fd);
/* A second, independent handle. */
int lun_map_dup(struct lun_map *copy, const struct lun_map *map);
void lun_map_close(struct lun_map *map);

/* Finds at most `max` ids of maps by their full name or the kernel's name. If none matches, finds
 * maps whose full name is unknown and whose kernel name is a prefix of `name`; *sure is false then.
 * Returns how many maps match, or -errno. */
int lun_map_find(const char *name, uint32_t *ids, int max, bool *sure);

bool lun_map_type_per_cpu(uint32_t type);
enum lun_map_access lun_map_access(uint32_t type);
/* One sentence on why a map's entries can't be walked over, or NULL where they can. */
const char *lun_map_unreadable(const struct lun_map *map);
/* The same of a map that is not open: its type and the size of its values decide. */
const char *lun_map_type_unreadable(uint32_t type, uint32_t value_size);

/* value: map->value_bytes bytes. A map without keys (queue, stack, bloom) takes key NULL. */
int lun_map_lookup(const struct lun_map *map, const void *key, void *value);
int lun_map_update(const struct lun_map *map, const void *key, const void *value, uint64_t flags);
int lun_map_delete(const struct lun_map *map, const void *key);
/* Looks a value up in a bloom filter: 1 when it may be in it, 0 when it is not, or -errno. */
int lun_map_contains(const struct lun_map *map, const void *value);
/* Takes the next element off a queue or stack, or a key out of a hash. */
int lun_map_pop(const struct lun_map *map, const void *key, void *value);
int lun_map_freeze(const struct lun_map *map);
