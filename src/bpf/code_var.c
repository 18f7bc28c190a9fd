#include "bpf/code_var.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <unistd.h>

enum { MAX_DEPTH = 16 };

static const struct btf_type *bare(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* The member that holds the byte at offset; the last one that begins at or before it. */
static const struct btf_member *member_at(const struct btf_type *type, uint32_t offset)
{
	const struct btf_member *found = NULL;

	for (int i = 0; i < btf_vlen(type); i++) {
		if (btf_member_bit_offset(type, (uint32_t)i) / 8 <= offset)
			found = &btf_members(type)[i];
	}
	return found;
}

static void write_place(
	const struct btf *btf, uint32_t id, uint32_t offset, int depth, struct lun_out *out);

static void write_member(const struct btf *btf, const struct btf_type *type, uint32_t offset,
	int depth, struct lun_out *out)
{
	const struct btf_member *member = member_at(type, offset);
	const char *name = member ? btf__name_by_offset(btf, member->name_off) : NULL;
	uint32_t start;

	if (!member)
		return;
	start = btf_member_bit_offset(type, (uint32_t)(member - btf_members(type))) / 8;
	if (name && name[0])
		lun_out_printf(out, ".%s", name);
	write_place(btf, member->type, offset - start, depth + 1, out);
}

static void write_item(const struct btf *btf, const struct btf_type *type, uint32_t offset,
	int depth, struct lun_out *out)
{
	uint32_t item = btf_array(type)->type;
	int64_t size = btf__resolve_size(btf, item);

	if (size <= 0)
		return;
	lun_out_printf(out, "[%u]", (uint32_t)(offset / size));
	write_place(btf, item, (uint32_t)(offset % size), depth + 1, out);
}

/* Structs go down to the field, arrays only where the offset is inside: x, not x[0]. */
static void write_place(
	const struct btf *btf, uint32_t id, uint32_t offset, int depth, struct lun_out *out)
{
	const struct btf_type *type = bare(btf, id);

	if (!type || depth > MAX_DEPTH)
		return;
	if (btf_is_composite(type) && (offset || depth))
		write_member(btf, type, offset, depth, out);
	else if (btf_is_array(type) && offset)
		write_item(btf, type, offset, depth, out);
}

static bool write_var(
	const struct btf *btf, const struct btf_type *sec, uint32_t offset, struct lun_out *out)
{
	const struct btf_var_secinfo *vars = btf_var_secinfos(sec);

	for (int i = 0; i < btf_vlen(sec); i++) {
		const struct btf_type *var = btf__type_by_id(btf, vars[i].type);

		if (offset < vars[i].offset || offset - vars[i].offset >= vars[i].size || !var)
			continue;
		lun_out_str(out, btf__name_by_offset(btf, var->name_off));
		write_place(btf, var->type, offset - vars[i].offset, 0, out);
		return true;
	}
	return false;
}

static bool map_types(uint32_t map_id, uint32_t *btf_id, uint32_t *value_type)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_map_get_fd_by_id(map_id);
	int err;

	if (fd < 0)
		return false;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	*btf_id = info.btf_id;
	*value_type = info.btf_value_type_id;
	return !err && info.btf_id && info.btf_value_type_id;
}

bool lun_code_var(uint32_t map_id, uint32_t offset, struct lun_out *out)
{
	uint32_t btf_id, value_type;
	size_t before = out->len;
	const struct btf_type *type;
	struct btf *btf;

	if (!map_types(map_id, &btf_id, &value_type))
		return false;
	btf = btf__load_from_kernel_by_id(btf_id);
	if (!btf)
		return false;
	type = bare(btf, value_type);
	if (type && btf_is_datasec(type))
		write_var(btf, type, offset, out);
	else if (type)
		write_place(btf, value_type, offset, 0, out);
	btf__free(btf);
	return out->len > before;
}
