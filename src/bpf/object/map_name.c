#include "bpf/object/map_name.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/object/btf_load.h"
#include "bpf/object/pins.h"
#include "bpf/object/prog.h"
#include "text/monotonic.h"

enum { NAMES = 4096, OBJECTS = 1024, GROUP = 64, FRESH_MS = 1000 };

/* A map's name never changes, so a name once found is kept by the map's id. */
struct found {
	uint32_t id, btf_id;
	char name[LUN_MAP_NAME_LEN];
};

/* The full names, declared in a BTF object, of maps whose names the kernel cuts. */
struct object {
	uint32_t btf_id;
	struct lun_out declared;
};

/* A program uses a map. */
struct use {
	uint32_t map_id, btf_id;
};

struct pinned {
	uint32_t id;
	char name[LUN_MAP_NAME_LEN];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct found names[NAMES];
static struct object objects[OBJECTS];
/* Read at most once in FRESH_MS, and again for a map younger than the data. */
static struct lun_out uses, pins;
static int64_t read_at;
static uint32_t youngest;

static bool same_start(const char *a, const char *b)
{
	return !strncmp(a, b, LUN_MAP_NAME_CUT);
}

static void copy_name(char to[LUN_MAP_NAME_LEN], const char *from)
{
	size_t len = strnlen(from, LUN_MAP_NAME_LEN - 1);

	memset(to, 0, LUN_MAP_NAME_LEN);
	memcpy(to, from, len);
}

static bool recall(struct lun_map_facts *map)
{
	const struct found *at = &names[map->info.id % NAMES];

	if (at->id != map->info.id || at->btf_id != map->info.btf_id ||
		!same_start(at->name, map->info.name))
		return false;
	memcpy(map->full_name, at->name, sizeof(at->name));
	return true;
}

static void remember(struct lun_map_facts *map, const char *name)
{
	struct found *at = &names[map->info.id % NAMES];

	at->id = map->info.id;
	at->btf_id = map->info.btf_id;
	copy_name(at->name, name);
	memcpy(map->full_name, at->name, sizeof(at->name));
}

static const struct lun_declared *object_maps(uint32_t btf_id, size_t *n)
{
	struct object *object = &objects[btf_id % OBJECTS];
	struct lun_btf btf;

	if (object->btf_id != btf_id) {
		lun_out_free(&object->declared);
		lun_out_init(&object->declared);
		object->btf_id = 0;
		if (!lun_btf_load_id(&btf, btf_id)) {
			lun_declared_maps(btf.btf, LUN_MAP_NAME_CUT, &object->declared);
			lun_btf_free(&btf);
			object->btf_id = btf_id;
		}
	}
	*n = object->declared.len / sizeof(struct lun_declared);
	return (const void *)object->declared.data;
}

/* Map types whose key and value types libbpf passes to the kernel. */
static bool takes_types(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_ARRAY ||
		type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LPM_TRIE ||
		type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
		type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool same_types(
	const struct lun_declared *declared, const struct bpf_map_info *info, uint32_t btf_id)
{
	if (declared->type == BPF_MAP_TYPE_STRUCT_OPS)
		return true;
	if (info->btf_id == btf_id)
		return declared->key_type == info->btf_key_type_id &&
			declared->value_type == info->btf_value_type_id;
	return !takes_types(info->type) || !declared->key_type || !declared->value_type;
}

/* 0 is not known. */
static bool agrees(uint32_t declared, uint32_t actual)
{
	return !declared || !actual || declared == actual;
}

bool lun_map_is_declared(
	const struct lun_declared *declared, const struct bpf_map_info *info, uint32_t btf_id)
{
	return !declared->section && same_start(declared->name, info->name) &&
		agrees(declared->type, info->type) && agrees(declared->key_size, info->key_size) &&
		agrees(declared->value_size, info->value_size) &&
		same_types(declared, info, btf_id);
}

static int by_map(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->map_id != y->map_id)
		return x->map_id < y->map_id ? -1 : 1;
	return x->btf_id < y->btf_id ? -1 : x->btf_id > y->btf_id;
}

static void add_uses(const struct lun_prog_info *info)
{
	struct use use = { .btf_id = info->k.btf_id };

	for (uint32_t i = 0; use.btf_id && i < info->k.nr_map_ids; i++) {
		use.map_id = info->maps[i];
		lun_out_mem(&uses, &use, sizeof(use));
	}
}

static void read_uses(void)
{
	struct lun_prog_info info;
	uint32_t id = 0;
	int fd;

	lun_out_reset(&uses);
	while (!lun_object_next(LUN_PROG, &id)) {
		fd = lun_object_open(LUN_PROG, id);
		if (fd >= 0 && !lun_prog_info(fd, &info)) {
			add_uses(&info);
			lun_prog_info_free(&info);
		}
		if (fd >= 0)
			close(fd);
	}
	if (uses.len)
		qsort(uses.data, uses.len / sizeof(struct use), sizeof(struct use), by_map);
}

/* A pin may have any file name: only names possible for a map count. */
static bool is_name(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("_.-", *text))
			return false;
	return true;
}

static int add_pin(void *ctx, const struct lun_pin *pin)
{
	const char *last = strrchr(pin->path, '/');
	struct pinned pinned = { .id = pin->id };

	(void)ctx;
	last = last ? last + 1 : pin->path;
	if (pin->kind == LUN_MAP && strlen(last) > LUN_MAP_NAME_CUT &&
		strlen(last) < sizeof(pinned.name) && is_name(last)) {
		strcpy(pinned.name, last);
		lun_out_mem(&pins, &pinned, sizeof(pinned));
	}
	return 0;
}

static void read_users(uint32_t map_id)
{
	int64_t ms = (int64_t)lun_monotonic_ms();

	if (read_at && ms - read_at < FRESH_MS && map_id <= youngest)
		return;
	lun_out_reset(&pins);
	read_uses();
	lun_pins(add_pin, NULL);
	read_at = ms;
	youngest = map_id;
}

static const struct use *first_use(uint32_t map_id)
{
	const struct use *list = (const void *)uses.data;
	size_t low = 0, high = uses.len / sizeof(*list);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (list[mid].map_id < map_id)
			low = mid + 1;
		else
			high = mid;
	}
	return list ? list + low : NULL;
}

static const struct use *end_of_uses(void)
{
	const struct use *list = (const void *)uses.data;

	return list ? list + uses.len / sizeof(*list) : NULL;
}

/* True when the map was made with the object, or a program of the object uses it. */
static bool belongs(const struct lun_map_facts *map, uint32_t btf_id)
{
	const struct use *use = first_use(map->info.id);

	if (map->info.btf_id)
		return map->info.btf_id == btf_id;
	for (; use < end_of_uses() && use->map_id == map->info.id; use++)
		if (use->btf_id == btf_id)
			return true;
	return false;
}

/* Maps of an object with the same cut name, and the declarations they can belong to. */
struct group {
	uint32_t btf_id;
	const struct lun_map_facts *maps[GROUP];
	const struct lun_declared *declared[GROUP];
	size_t nr_maps, nr_declared;
};

static bool fill_group(struct group *group, const struct lun_map_facts *map, uint32_t btf_id,
	const struct lun_map_facts *list, size_t n)
{
	size_t nr;
	const struct lun_declared *declared = object_maps(btf_id, &nr);

	group->btf_id = btf_id;
	group->nr_maps = group->nr_declared = 0;
	for (size_t i = 0; i < nr; i++) {
		if (!same_start(declared[i].name, map->info.name))
			continue;
		if (group->nr_declared == GROUP)
			return false;
		group->declared[group->nr_declared++] = &declared[i];
	}
	for (size_t i = 0; i < n; i++) {
		if (!same_start(list[i].info.name, map->info.name) || !belongs(&list[i], btf_id))
			continue;
		if (group->nr_maps == GROUP)
			return false;
		group->maps[group->nr_maps++] = &list[i];
	}
	return true;
}

/* The only declaration with the map's number of entries; NULL when there are more or none. */
static const struct lun_declared *of_entries(
	const struct group *group, const struct lun_map_facts *map)
{
	const struct lun_declared *only = NULL;

	for (size_t i = 0; i < group->nr_declared; i++) {
		const struct lun_declared *one = group->declared[i];

		if (!lun_map_is_declared(one, &map->info, group->btf_id) ||
			one->max_entries != map->info.max_entries)
			continue;
		if (only)
			return NULL;
		only = one;
	}
	return only;
}

/* Finds names by the numbers of entries, when they tell all maps of the group apart. */
static const struct lun_declared *by_entries(
	const struct group *group, const struct lun_map_facts *map)
{
	const struct lun_declared *taken[GROUP], *mine = NULL;

	for (size_t i = 0; i < group->nr_maps; i++) {
		taken[i] = of_entries(group, group->maps[i]);
		if (!taken[i])
			return NULL;
		for (size_t j = 0; j < i; j++)
			if (taken[j] == taken[i])
				return NULL;
		if (group->maps[i]->info.id == map->info.id)
			mine = taken[i];
	}
	return mine;
}

/* Finds names by order: libbpf creates an object's maps in the order of declaration, and ids
 * increase. */
static const struct lun_declared *by_order(
	const struct group *group, const struct lun_map_facts *map)
{
	const struct lun_declared *mine = NULL;

	if (group->nr_maps != group->nr_declared)
		return NULL;
	for (size_t i = 0; i < group->nr_maps; i++) {
		if (!lun_map_is_declared(group->declared[i], &group->maps[i]->info, group->btf_id))
			return NULL;
		if (group->maps[i]->info.id == map->info.id)
			mine = group->declared[i];
	}
	return mine;
}

enum { CHOICES = 8 };

/* The search for a map's name. */
struct search {
	struct lun_map_facts *map;
	const struct lun_map_facts *list; /* every map, or NULL */
	size_t n;
	char name[LUN_MAP_NAME_LEN];             /* found, or "" */
	char choices[CHOICES][LUN_MAP_NAME_LEN]; /* declared names that the map can have */
	size_t nr_choices;
	bool waits;    /* needs the list of all maps */
	bool conflict; /* two objects declare it by two names */
};

static void take(struct search *search, const char *name)
{
	if (search->name[0] && strcmp(search->name, name) != 0)
		search->conflict = true;
	copy_name(search->name, name);
}

static void take_of_group(struct search *search, uint32_t btf_id)
{
	const struct lun_declared *declared;
	struct group group;

	search->waits = search->waits || !search->list;
	if (!search->list || !fill_group(&group, search->map, btf_id, search->list, search->n))
		return;
	declared = by_entries(&group, search->map);
	if (!declared)
		declared = by_order(&group, search->map);
	if (declared)
		take(search, declared->name);
}

/* libbpf names a section's map by the object and the section, and the kernel cuts that name. */
static void take_section(struct search *search, const char *section)
{
	const char *name = search->map->info.name;
	size_t len = strlen(name), keep = strlen(section);
	char full[LUN_MAP_NAME_LEN + BPF_OBJ_NAME_LEN];

	for (keep = keep < len ? keep : len; keep; keep--)
		if (!strncmp(name + len - keep, section, keep))
			break;
	snprintf(full, sizeof(full), "%s%s", name, keep ? section + keep : "");
	take(search, full);
}

static void search_object(struct search *search, uint32_t btf_id)
{
	const struct bpf_map_info *info = &search->map->info;
	size_t n, fit = 0;
	const struct lun_declared *declared = object_maps(btf_id, &n), *only = NULL;

	for (size_t i = 0; i < n; i++) {
		if (declared[i].section && info->btf_id == btf_id &&
			declared[i].value_type == info->btf_value_type_id) {
			take_section(search, declared[i].name);
			return;
		}
		if (!lun_map_is_declared(&declared[i], info, btf_id))
			continue;
		only = &declared[i];
		if (search->nr_choices < CHOICES)
			strcpy(search->choices[search->nr_choices], only->name);
		search->nr_choices++;
		fit++;
	}
	if (fit == 1)
		take(search, only->name);
	else if (fit)
		take_of_group(search, btf_id);
}

/* A pin's file name counts when it is one of the declared names, or when none is declared. */
static bool may_be(const struct search *search, const char *name)
{
	if (!same_start(name, search->map->info.name))
		return false;
	for (size_t i = 0; i < search->nr_choices && i < CHOICES; i++)
		if (!strcmp(search->choices[i], name))
			return true;
	return !search->nr_choices;
}

static void search_pins(struct search *search)
{
	const struct pinned *pin = (const void *)pins.data;

	for (size_t n = pins.len / sizeof(*pin); n; n--, pin++)
		if (pin->id == search->map->info.id && may_be(search, pin->name))
			take(search, pin->name);
}

static void search_name(struct search *search)
{
	const struct use *use;

	if (search->map->info.btf_id)
		search_object(search, search->map->info.btf_id);
	if (search->name[0])
		return;
	read_users(search->list ? search->list[search->n - 1].info.id : search->map->info.id);
	use = first_use(search->map->info.id);
	for (; use < end_of_uses() && use->map_id == search->map->info.id; use++)
		if (use->btf_id != search->map->info.btf_id)
			search_object(search, use->btf_id);
	if (!search->name[0])
		search_pins(search);
}

/* libbpf cuts the object's name so that these endings stay whole. */
static bool is_data(const char *name)
{
	static const char *const ends[] = { ".rodata", ".data", ".bss", ".kconfig" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(name + strlen(name) - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

/* True when finding the name needs the list of all maps. */
static bool find_name(struct lun_map_facts *map, const struct lun_map_facts *list, size_t n)
{
	struct search search = { .map = map, .list = list, .n = n };

	if (map->full_name[0])
		return false;
	if (strlen(map->info.name) < LUN_MAP_NAME_CUT || is_data(map->info.name)) {
		memcpy(map->full_name, map->info.name, sizeof(map->info.name));
		return false;
	}
	if (recall(map))
		return false;
	search_name(&search);
	if (search.name[0] && !search.conflict)
		remember(map, search.name);
	return !search.name[0] && search.waits;
}

size_t lun_map_names(struct lun_map_facts *list, size_t n, bool all)
{
	size_t waiting = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < n; i++)
		waiting += find_name(&list[i], all ? list : NULL, all ? n : 0);
	pthread_mutex_unlock(&lock);
	return waiting;
}
