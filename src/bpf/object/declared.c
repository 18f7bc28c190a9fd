#include "bpf/object/declared.h"

#include <linux/bpf.h>
#include <string.h>

static const struct btf_type *skip_names(const struct btf *btf, uint32_t id)
{
	enum { DEPTH = 32 };
	const struct btf_type *t = btf__type_by_id(btf, id);

	for (int i = 0; t && i < DEPTH && (btf_is_mod(t) || btf_is_typedef(t)); i++)
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* The value of a number that is declared as a pointer to an array of that length. */
static uint32_t number(const struct btf *btf, const struct btf_type *pointer)
{
	const struct btf_type *t = skip_names(btf, pointer->type);

	return t && btf_is_array(t) ? btf_array(t)->nelems : 0;
}

static uint32_t size_of(const struct btf *btf, uint32_t type)
{
	int64_t size = btf__resolve_size(btf, type);

	return size > 0 && size <= UINT32_MAX ? (uint32_t)size : 0;
}

static void read_member(
	const struct btf *btf, const struct btf_member *member, struct lun_declared *map)
{
	const char *name = btf__name_by_offset(btf, member->name_off);
	const struct btf_type *t = skip_names(btf, member->type);

	if (!name || !t || !btf_is_ptr(t))
		return;
	if (!strcmp(name, "type"))
		map->type = number(btf, t);
	else if (!strcmp(name, "max_entries"))
		map->max_entries = number(btf, t);
	else if (!strcmp(name, "key_size"))
		map->key_size = number(btf, t);
	else if (!strcmp(name, "value_size"))
		map->value_size = number(btf, t);
	else if (!strcmp(name, "key"))
		map->key_size = size_of(btf, map->key_type = t->type);
	else if (!strcmp(name, "value"))
		map->value_size = size_of(btf, map->value_type = t->type);
}

static void add_map(const struct btf *btf, const struct btf_type *var, uint32_t type, size_t min,
	struct lun_out *out)
{
	const char *name = btf__name_by_offset(btf, var->name_off);
	const struct btf_type *t = skip_names(btf, var->type);
	struct lun_declared map = { .type = type };

	if (!name || strlen(name) < min || strlen(name) >= sizeof(map.name) || !t ||
		!btf_is_struct(t))
		return;
	strcpy(map.name, name);
	for (int i = 0; !type && i < btf_vlen(t); i++)
		read_member(btf, &btf_members(t)[i], &map);
	lun_out_mem(out, &map, sizeof(map));
}

static void add_section(const char *name, uint32_t type, struct lun_out *out)
{
	struct lun_declared map = { .value_type = type, .section = true };

	strncpy(map.name, name, sizeof(map.name) - 1);
	lun_out_mem(out, &map, sizeof(map));
}

static void add_variables(const struct btf *btf, const struct btf_type *section, uint32_t type,
	size_t min, struct lun_out *out)
{
	for (int i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *var =
			btf__type_by_id(btf, btf_var_secinfos(section)[i].type);

		if (var && btf_is_var(var))
			add_map(btf, var, type, min, out);
	}
}

void lun_declared_maps(const struct btf *btf, size_t min, struct lun_out *out)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, t->name_off);

		if (!btf_is_datasec(t) || !name)
			continue;
		if (!strcmp(name, ".maps"))
			add_variables(btf, t, 0, min, out);
		else if (!strncmp(name, ".struct_ops", strlen(".struct_ops")))
			add_variables(btf, t, BPF_MAP_TYPE_STRUCT_OPS, min, out);
		else
			add_section(name, id, out);
	}
}
