#include "bpf/object/core_relo.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/object/btf_file.h"
#include "bpf/object/btf_load.h"

enum { MAX_DEPTH = 8, MAX_PATH = 64 };

/* The front of .BTF.ext, as far as relocations need it. */
struct head {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t len, func_at, func_len, line_at, line_len, relo_at, relo_len;
};

static const char *const kinds[] = {
	"field_byte_offset",
	"field_byte_size",
	"field_exists",
	"field_signed",
	"field_lshift_u64",
	"field_rshift_u64",
	"type_id_local",
	"type_id_target",
	"type_exists",
	"type_size",
	"enumval_exists",
	"enumval_value",
	"type_matches",
};

static bool is_question(uint32_t kind)
{
	return kind == BPF_CORE_FIELD_EXISTS || kind == BPF_CORE_TYPE_EXISTS ||
		kind == BPF_CORE_ENUMVAL_EXISTS || kind == BPF_CORE_TYPE_MATCHES ||
		kind == BPF_CORE_TYPE_ID_LOCAL;
}

/* Without "___flavour" at the end, which tells types of one name apart. */
static size_t plain_len(const char *name)
{
	const char *flavour = strstr(name, "___");

	return flavour && flavour != name ? (size_t)(flavour - name) : strlen(name);
}

static bool same_name(const char *a, const char *b)
{
	size_t len = plain_len(a);

	return len == plain_len(b) && !strncmp(a, b, len);
}

static const struct btf_type *resolved(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* The names along an access string such as "0:1:2". */
struct path {
	const char *names[MAX_PATH];
	size_t nr;
};

/* Whether the type has the members of the path from `at` on, also in its anonymous members. */
static bool has_members(const struct btf *btf, const struct btf_type *type, const struct path *path,
	size_t at, int depth)
{
	const struct btf_member *member;

	if (at == path->nr)
		return true;
	while (type && btf_is_array(type))
		type = resolved(btf, btf_array(type)->type);
	if (!type || !btf_is_composite(type) || depth > MAX_DEPTH)
		return false;
	member = btf_members(type);
	for (uint32_t i = 0; i < btf_vlen(type); i++, member++) {
		const char *name = btf__name_by_offset(btf, member->name_off);
		const struct btf_type *inside = resolved(btf, member->type);

		if (*name ? !strcmp(name, path->names[at]) &&
					has_members(btf, inside, path, at + 1, depth)
			  : has_members(btf, inside, path, at, depth + 1))
			return true;
	}
	return false;
}

static bool has_value(const struct btf *btf, const struct btf_type *type, const char *value)
{
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint32_t name = btf_is_enum64(type) ? btf_enum64(type)[i].name_off
						    : btf_enum(type)[i].name_off;

		if (same_name(value, btf__name_by_offset(btf, name)))
			return true;
	}
	return false;
}

static bool is_enum(const struct btf_type *type)
{
	return btf_is_any_enum(type);
}

static bool alike(const struct btf_type *a, const struct btf_type *b)
{
	return btf_kind(a) == btf_kind(b) || (is_enum(a) && is_enum(b));
}

/* Whether some type of the target has the name, the kind and the path. */
static bool find(const struct btf *target, const char *name, const struct btf_type *local,
	const struct path *path)
{
	for (uint32_t id = 1; id < btf__type_cnt(target); id++) {
		const struct btf_type *type = btf__type_by_id(target, id);

		if (!type->name_off || !alike(type, local) ||
			!same_name(name, btf__name_by_offset(target, type->name_off)))
			continue;
		if (is_enum(local) ? !path->nr || has_value(target, type, path->names[0])
				   : has_members(target, type, path, 0, 0))
			return true;
	}
	return false;
}

/* Reads the access string: each number is a member, or an index of an array. */
static void read_path(
	const struct btf *btf, const struct btf_type *type, const char *access, struct path *path)
{
	char *end;
	unsigned long index = strtoul(access, &end, 10);

	if (is_enum(type)) {
		if (index < btf_vlen(type))
			path->names[path->nr++] = btf__name_by_offset(btf,
				btf_is_enum64(type) ? btf_enum64(type)[index].name_off
						    : btf_enum(type)[index].name_off);
		return;
	}
	while (*end == ':' && path->nr < MAX_PATH) {
		const struct btf_member *member;

		index = strtoul(end + 1, &end, 10);
		if (type && btf_is_array(type)) {
			type = resolved(btf, btf_array(type)->type);
			continue;
		}
		if (!type || !btf_is_composite(type) || index >= btf_vlen(type))
			return;
		member = btf_members(type) + index;
		if (member->name_off)
			path->names[path->nr++] = btf__name_by_offset(btf, member->name_off);
		type = resolved(btf, member->type);
	}
}

static const char *word(const struct btf_type *type)
{
	return btf_is_struct(type)   ? "struct "
		: btf_is_union(type) ? "union "
		: is_enum(type)      ? "enum "
				     : "";
}

struct telling {
	const struct btf *local, *target;
	lun_core_relo_fn fn;
	void *user;
	struct lun_out text;
};

static bool tell(struct telling *t, const char *section, const struct bpf_core_relo *record)
{
	const struct btf_type *type = resolved(t->local, record->type_id);
	const char *access = btf__name_by_offset(t->local, record->access_str_off);
	struct lun_core_relo relo = { .section = section, .kind = "unknown" };
	struct path path = { .nr = 0 };
	const char *name;

	if (!type || !access || !type->name_off)
		return true;
	name = btf__name_by_offset(t->local, type->name_off);
	read_path(t->local, type, access, &path);
	lun_out_reset(&t->text);
	lun_out_printf(&t->text, "%s%.*s", word(type), (int)plain_len(name), name);
	for (size_t i = 0; i < path.nr; i++)
		lun_out_printf(&t->text, ".%s", path.names[i]);
	lun_out_char(&t->text, '\0');
	if (record->kind < sizeof(kinds) / sizeof(kinds[0]))
		relo.kind = kinds[record->kind];
	if (!section)
		relo.section = "";
	relo.what = t->text.data ? t->text.data : "";
	relo.needed = !is_question(record->kind);
	relo.found = find(t->target, name, type, &path);
	return t->fn(t->user, &relo);
}

/* The records of each section: a count and the section's name in front of them. */
static int tell_all(struct telling *t, const uint8_t *at, size_t len)
{
	uint32_t size, name, nr;

	if (len < sizeof(size))
		return 0;
	memcpy(&size, at, sizeof(size));
	if (size < sizeof(struct bpf_core_relo))
		return -EINVAL;
	at += sizeof(size), len -= sizeof(size);
	while (len >= 2 * sizeof(uint32_t)) {
		memcpy(&name, at, sizeof(name));
		memcpy(&nr, at + sizeof(name), sizeof(nr));
		at += 2 * sizeof(uint32_t), len -= 2 * sizeof(uint32_t);
		if ((uint64_t)nr * size > len)
			return -EINVAL;
		for (uint32_t i = 0; i < nr; i++, at += size, len -= size) {
			struct bpf_core_relo record;

			memcpy(&record, at, sizeof(record));
			if (!tell(t, btf__name_by_offset(t->local, name), &record))
				return 0;
		}
	}
	return 0;
}

static int tell_file(struct telling *t, const struct lun_out *ext)
{
	struct head head;
	size_t len = ext->len;

	if (len < sizeof(head))
		return 0;
	memcpy(&head, ext->data, sizeof(head));
	if (head.len < sizeof(head) || head.len > len || head.relo_at > len - head.len ||
		head.relo_len > len - head.len - head.relo_at)
		return -EINVAL;
	return tell_all(t, (uint8_t *)ext->data + head.len + head.relo_at, head.relo_len);
}

int lun_core_relos(const char *path, const struct btf *target, lun_core_relo_fn fn, void *user,
	char why[LUN_BTF_WHY])
{
	struct telling t = { .target = target, .fn = fn, .user = user };
	struct lun_btf_file file;
	struct lun_btf local = { 0 };
	int err = lun_btf_file_read(&file, path, why);

	if (!err && file.bytes.len) {
		err = lun_btf_load_path(&local, path);
		t.local = local.btf;
		lun_out_init(&t.text);
		if (!err)
			err = tell_file(&t, &file.ext);
		lun_out_free(&t.text);
		lun_btf_free(&local);
	}
	lun_btf_file_free(&file);
	return err;
}
