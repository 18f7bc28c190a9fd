#include "bpf/object/global.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* libbpf names the map of .data "OBJECT.data", and the map of .data.mine ".data.mine". */
static bool is_map_of(const struct bpf_map *map, const char *section)
{
	const char *name = bpf_map__name(map);
	size_t len = strlen(name), tail = strlen(section);

	return bpf_map__is_internal(map) && len >= tail && !strcmp(name + len - tail, section);
}

static struct bpf_map *map_of(const struct bpf_object *obj, const char *section)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
	{
		if (is_map_of(map, section))
			return map;
	}
	return NULL;
}

typedef bool (*each_fn)(void *ctx, const char *section, const char *name,
	const struct btf_var_secinfo *var, uint32_t type);

/* Calls fn for every variable of a section, until it returns true. Leaves out variables that libbpf
 * fills in: kernel symbols and kernel configuration. */
static bool each_var(const struct btf *btf, const struct btf_type *sec, each_fn fn, void *ctx)
{
	const char *section = btf__name_by_offset(btf, sec->name_off);
	const struct btf_var_secinfo *var = btf_var_secinfos(sec);

	if (!section ||
		(strncmp(section, ".data", 5) && strncmp(section, ".rodata", 7) &&
			strncmp(section, ".bss", 4)))
		return false;
	for (uint16_t i = 0; i < btf_vlen(sec); i++, var++) {
		const struct btf_type *t = btf__type_by_id(btf, var->type);
		const char *name = t ? btf__name_by_offset(btf, t->name_off) : NULL;

		if (name && btf_is_var(t) && fn(ctx, section, name, var, t->type))
			return true;
	}
	return false;
}

static bool each_global(const struct bpf_object *obj, each_fn fn, void *ctx)
{
	const struct btf *btf = bpf_object__btf(obj);
	uint32_t n = btf ? btf__type_cnt(btf) : 0;

	for (uint32_t id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (t && btf_is_datasec(t) && each_var(btf, t, fn, ctx))
			return true;
	}
	return false;
}

struct search {
	const struct bpf_object *obj;
	const char *name;
	struct lun_global *global;
};

static bool is_wanted(void *ctx, const char *section, const char *name,
	const struct btf_var_secinfo *var, uint32_t type)
{
	struct search *search = ctx;
	struct lun_global *global = search->global;

	if (strcmp(name, search->name))
		return false;
	*global = (struct lun_global){ map_of(search->obj, section), var->offset, var->size, type };
	return global->map && (uint64_t)var->offset + var->size <= bpf_map__value_size(global->map);
}

int lun_global_find(const struct bpf_object *obj, const char *name, struct lun_global *global)
{
	struct search search = { obj, name, global };

	return each_global(obj, is_wanted, &search) ? 0 : -ENOENT;
}

static bool add_name(void *ctx, const char *section, const char *name,
	const struct btf_var_secinfo *var, uint32_t type)
{
	struct lun_out *out = ctx;

	(void)section;
	(void)var;
	(void)type;
	if (out->len)
		lun_out_str(out, ", ");
	lun_out_str(out, name);
	return false;
}

void lun_global_names(const struct bpf_object *obj, struct lun_out *out)
{
	each_global(obj, add_name, out);
}

uint8_t *lun_global_initial(const struct lun_global *global)
{
	size_t size;
	uint8_t *bytes = (uint8_t *)(uintptr_t)bpf_map__initial_value(global->map, &size);

	if (!bytes || (uint64_t)global->offset + global->size > size)
		return NULL;
	return bytes + global->offset;
}

int lun_global_read(const struct lun_global *global, uint8_t *bytes)
{
	uint8_t *value = malloc(bpf_map__value_size(global->map));
	uint32_t zero = 0;
	int err = value ? 0 : -ENOMEM;

	if (!err && bpf_map_lookup_elem(bpf_map__fd(global->map), &zero, value))
		err = -errno;
	if (!err)
		memcpy(bytes, value + global->offset, global->size);
	free(value);
	return err;
}
