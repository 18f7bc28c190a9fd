#include "bpf/decode/btf_plan.h"

#include <errno.h>
#include <linux/btf.h>
#include <string.h>

enum { MAX_TYPEDEFS = 32, MAX_ELEMENTS = 1 << 20 };

struct builder {
	struct lun_plan *plan;
	const struct btf *btf;
	bool be;
	bool struct_ops; /* a struct_ops map shows program ids in place of functions */
};

static int add_type(struct builder *b, uint32_t id, uint32_t offset, uint32_t size,
	const char *name, int depth);

/* The type without typedefs and qualifiers; *typedef_name is the outermost typedef. */
static const struct btf_type *resolve(const struct btf *btf, uint32_t *id)
{
	const struct btf_type *t = btf__type_by_id(btf, *id);

	for (int i = 0; t && i < MAX_TYPEDEFS; i++) {
		if (!btf_is_mod(t) && !btf_is_typedef(t) && !btf_is_type_tag(t) &&
			!btf_is_decl_tag(t) && !btf_is_var(t))
			return t;
		*id = t->type;
		t = btf__type_by_id(btf, *id);
	}
	return NULL;
}

static bool names_typedef(const struct btf *btf, uint32_t id, const char *want)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	for (int i = 0; t && i < MAX_TYPEDEFS && (btf_is_typedef(t) || btf_is_mod(t)); i++) {
		const char *name = btf__name_by_offset(btf, t->name_off);

		if (btf_is_typedef(t) && name && !strcmp(name, want))
			return true;
		t = btf__type_by_id(btf, t->type);
	}
	return false;
}

/* __be16 and __be32 are in network byte order and are shown as numbers. */
static bool is_network_order(const struct btf *btf, uint32_t id)
{
	return names_typedef(btf, id, "__be16") || names_typedef(btf, id, "__be32") ||
		names_typedef(btf, id, "__be64");
}

static int64_t type_size(const struct btf *btf, uint32_t id)
{
	return btf__resolve_size(btf, id);
}

static int add_leaf(struct builder *b, struct lun_op *op, uint32_t id, const char *name)
{
	if (b->be != is_network_order(b->btf, id))
		op->flags |= LUN_OP_BE;
	return lun_plan_leaf(b->plan, op, name);
}

/* True when `name` is one of the words, or ends with "_" and one of them. */
static bool ends_with(const char *name, const char *const *words)
{
	size_t len = strlen(name);

	for (; *words; words++) {
		size_t n = strlen(*words);

		if (len >= n && !strcmp(name + len - n, *words) &&
			(len == n || name[len - n - 1] == '_'))
			return true;
	}
	return false;
}

/* Numbers that are identifiers or times: a sum over the CPUs is meaningless. */
static uint16_t what_adds_up_not(const char *name)
{
	static const char *const ids[] = { "pid", "tgid", "ppid", "tid", "uid", "gid", "euid",
		"egid", "id", "cookie", "ifindex", "netns", "mntns", "pidns", "cgroup", "cgid",
		"ino", "inode", "inum", "dev", "cpu", "port", "sport", "dport", "family", "proto",
		"protocol", "addr", "saddr", "daddr", "ip", "mark", NULL };
	static const char *const moments[] = { "ts", "timestamp", "ts_ns", "timestamp_ns",
		"last_seen", "last_seen_ns", "last_used", "last_used_ns", "start_time",
		"start_time_ns", "start_ns", NULL };

	if (!name)
		return 0;
	return ends_with(name, ids) ? LUN_OP_ID : ends_with(name, moments) ? LUN_OP_MOMENT : 0;
}

static int add_int(
	struct builder *b, const struct btf_type *t, uint32_t id, uint32_t offset, const char *name)
{
	uint8_t encoding = btf_int_encoding(t);
	struct lun_op op = { .offset = offset, .size = t->size };

	if (btf_int_bits(t) != t->size * 8 && !(encoding & BTF_INT_BOOL)) {
		op.kind = LUN_K_BITS;
		op.bit_offset = btf_int_offset(t);
		op.bit_size = btf_int_bits(t);
	} else if (encoding & BTF_INT_BOOL) {
		op.kind = LUN_K_BOOL;
	} else if (encoding & BTF_INT_CHAR && t->size == 1) {
		op.kind = LUN_K_CHARS;
		op.flags |= LUN_OP_TEXT;
	} else {
		op.kind = encoding & BTF_INT_SIGNED ? LUN_K_INT : LUN_K_UINT;
	}
	if (encoding & BTF_INT_SIGNED)
		op.flags |= LUN_OP_SIGNED;
	op.flags |= what_adds_up_not(name);
	return add_leaf(b, &op, id, name);
}

/* True when the compiler knew signed enums. If no enum has the flag, the compiler may have been too
 * old. */
static bool flags_enums(const struct btf *btf)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_enum64(t) || (btf_is_enum(t) && btf_kflag(t)))
			return true;
	}
	return false;
}

bool lun_btf_enum_signed(const struct btf *btf, const struct btf_type *t)
{
	enum { NEAR = -4096 }; /* error numbers; values below are flags with bit 31 */

	if (btf_kflag(t) || btf_is_enum64(t))
		return btf_kflag(t);
	for (int i = 0; i < btf_vlen(t); i++)
		if (btf_enum(t)[i].val < 0 && btf_enum(t)[i].val > NEAR)
			return !flags_enums(btf);
	return false;
}

static int add_enum_items(struct builder *b, const struct btf_type *t)
{
	bool is_signed = lun_btf_enum_signed(b->btf, t);
	int err = 0;

	for (int i = 0; !err && i < btf_vlen(t); i++) {
		const char *name;
		int64_t v;

		if (btf_is_enum64(t)) {
			name = btf__name_by_offset(b->btf, btf_enum64(t)[i].name_off);
			v = (int64_t)btf_enum64_value(&btf_enum64(t)[i]);
		} else {
			name = btf__name_by_offset(b->btf, btf_enum(t)[i].name_off);
			v = is_signed ? (int64_t)btf_enum(t)[i].val
				      : (int64_t)(uint32_t)btf_enum(t)[i].val;
		}
		err = lun_plan_enum_item(b->plan, v, name);
	}
	return err;
}

static int add_enum(struct builder *b, const struct btf_type *t, uint32_t id, struct lun_op op,
	const char *name)
{
	int err = lun_plan_enum(b->plan, &op.arg);

	op.kind = LUN_K_ENUM;
	if (lun_btf_enum_signed(b->btf, t))
		op.flags |= LUN_OP_SIGNED;
	if (!err)
		err = add_enum_items(b, t);
	return err ? err : add_leaf(b, &op, id, name);
}

static bool is_char(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = resolve(btf, &id);
	const char *name = t && btf_is_int(t) ? btf__name_by_offset(btf, t->name_off) : NULL;

	return name && t->size == 1 && !(btf_int_encoding(t) & BTF_INT_BOOL) &&
		(btf_int_encoding(t) & BTF_INT_CHAR || !strcmp(name, "char"));
}

/* True for the array of power-of-two slots that bcc and libbpf-tools use for histograms. */
static bool is_histogram(const struct btf *btf, const struct btf_array *array, const char *name)
{
	uint32_t id = array->type;
	const struct btf_type *t = resolve(btf, &id);

	return name && !strcmp(name, "slots") && array->nelems > 1 && t && btf_is_int(t);
}

static int add_array(struct builder *b, const struct btf_type *t, uint32_t offset, uint32_t room,
	const char *name, int depth)
{
	const struct btf_array *array = btf_array(t);
	int64_t each = type_size(b->btf, array->type);
	struct lun_op op = { .kind = LUN_K_ARRAY, .offset = offset, .count = array->nelems };
	int err;

	if (each < 0 || each > UINT32_MAX)
		return -EINVAL;
	if (!op.count && each) /* a flexible array member fills the remaining bytes */
		op.count = room / (uint32_t)each;
	if ((uint64_t)each * op.count > room || op.count > MAX_ELEMENTS)
		return -EINVAL;
	op.size = (uint32_t)each * op.count;
	if (!each)
		op.count = 0;
	if (is_char(b->btf, array->type)) {
		op.kind = LUN_K_CHARS;
		op.flags |= LUN_OP_TEXT;
		return lun_plan_leaf(b->plan, &op, name);
	}
	if (is_histogram(b->btf, array, name))
		op.flags |= LUN_OP_LOG2;
	err = lun_plan_open(b->plan, &op, name);
	if (!err)
		err = add_type(
			b, array->type, 0, op.count ? (uint32_t)each : UINT32_MAX, NULL, depth + 1);
	return err ? err : lun_plan_close(b->plan);
}

static int add_bits(
	struct builder *b, const struct btf_member *m, uint32_t bits, uint32_t at, const char *name)
{
	uint32_t id = m->type;
	const struct btf_type *t = resolve(b->btf, &id);
	struct lun_op op = { .kind = LUN_K_BITS, .offset = at / 8, .bit_size = (uint8_t)bits };

	if (!t || bits > 64)
		return -EINVAL;
	op.bit_offset = at % 8;
	op.size = (op.bit_offset + bits + 7) / 8;
	if (b->be)
		op.bit_offset = (uint8_t)(op.size * 8 - op.bit_offset - bits);
	if (btf_is_any_enum(t))
		return add_enum(b, t, id, op, name);
	if (btf_is_int(t) && btf_int_encoding(t) & BTF_INT_BOOL)
		op.kind = LUN_K_BOOL;
	if (btf_is_int(t) && btf_int_encoding(t) & BTF_INT_SIGNED)
		op.flags |= LUN_OP_SIGNED;
	return add_leaf(b, &op, id, name);
}

/*
 * The bytes of a member: its type's size; or all `left` bytes for a flexible array at the end of a
 * value that is larger than its type. Elsewhere an array without a length is empty.
 */
static uint32_t member_room(
	struct builder *b, const struct btf_type *t, int i, uint32_t size, uint32_t left)
{
	bool last = btf_is_union(t) || i == btf_vlen(t) - 1;
	int64_t own = type_size(b->btf, btf_members(t)[i].type);

	return own < 0 || own > left || (last && size > t->size) ? left : (uint32_t)own;
}

static int add_member(struct builder *b, const struct btf_type *t, int i, uint32_t size, int depth)
{
	const struct btf_member *m = &btf_members(t)[i];
	const char *name = btf__name_by_offset(b->btf, m->name_off);
	uint32_t at = btf_member_bit_offset(t, i), bits = btf_member_bitfield_size(t, i);
	uint32_t left;

	if (bits)
		return add_bits(b, m, bits, at, name);
	if (at % 8 || at / 8 > size)
		return -EINVAL;
	left = size - at / 8;
	return add_type(b, m->type, at / 8, member_room(b, t, i, size, left), name, depth + 1);
}

/* Adds a struct of its own size; only the outermost struct may end in a flexible array. */
static int add_struct(struct builder *b, const struct btf_type *t, uint32_t offset, uint32_t room,
	const char *name, int depth)
{
	struct lun_op op = {
		.kind = btf_is_union(t) ? LUN_K_UNION : LUN_K_STRUCT,
		.offset = offset,
		.size = depth || t->size > room ? t->size : room,
	};
	int err = lun_plan_open(b->plan, &op, name);

	for (int i = 0; !err && i < btf_vlen(t); i++)
		err = add_member(b, t, i, op.size, depth);
	return err ? err : lun_plan_close(b->plan);
}

static bool points_to_function(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = resolve(btf, &id);

	if (!t || !btf_is_ptr(t))
		return false;
	id = t->type;
	t = resolve(btf, &id);
	return t && btf_is_func_proto(t);
}

/* Kernel types that the kernel zeroes in every value it shows. */
static bool is_hidden_struct(const struct btf *btf, const struct btf_type *t)
{
	static const char *const hidden[] = { "bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer",
		"bpf_wq", "bpf_task_work", "bpf_list_head", "bpf_list_node", "bpf_rb_root",
		"bpf_rb_node", "bpf_refcount" };
	const char *name = btf__name_by_offset(btf, t->name_off);

	for (size_t i = 0; name && i < sizeof(hidden) / sizeof(*hidden); i++) {
		if (!strcmp(name, hidden[i]))
			return true;
	}
	return false;
}

/* The kernel also zeroes pointers that hold a reference (__kptr); they carry a type tag. */
static bool is_hidden_pointer(const struct btf *btf, const struct btf_type *t)
{
	static const char *const tags[] = { "kptr", "kptr_untrusted", "kptr_ref", "percpu_kptr",
		"uptr" };
	const struct btf_type *to = btf__type_by_id(btf, t->type);
	const char *name;

	if (!to || !btf_is_type_tag(to))
		return false;
	name = btf__name_by_offset(btf, to->name_off);
	for (size_t i = 0; name && i < sizeof(tags) / sizeof(*tags); i++) {
		if (!strcmp(name, tags[i]))
			return true;
	}
	return false;
}

static int add_hidden(struct builder *b, uint32_t offset, uint32_t size, const char *name)
{
	struct lun_op op = { .kind = LUN_K_HIDDEN, .offset = offset, .size = size };

	return lun_plan_leaf(b->plan, &op, name);
}

static int add_pointer(struct builder *b, uint32_t offset, uint32_t id, const char *name)
{
	struct lun_op op = { .kind = LUN_K_PTR, .offset = offset };

	op.size = (uint32_t)btf__pointer_size(b->btf) == 4 ? 4 : 8;
	if (b->struct_ops && points_to_function(b->btf, id))
		op.kind = LUN_K_PROG;
	return add_leaf(b, &op, id, name);
}

/* Adds a section of global data: its variables by name. */
static int add_datasec(struct builder *b, const struct btf_type *t, uint32_t offset, uint32_t room,
	const char *name)
{
	struct lun_op op = { .kind = LUN_K_STRUCT, .offset = offset, .size = room };
	int err = lun_plan_open(b->plan, &op, name);

	for (int i = 0; !err && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *var = &btf_var_secinfos(t)[i];
		const struct btf_type *vt = btf__type_by_id(b->btf, var->type);
		const char *var_name = vt ? btf__name_by_offset(b->btf, vt->name_off) : NULL;

		if (!vt || var->offset > room || var->size > room - var->offset)
			return -EINVAL;
		err = add_type(b, vt->type, var->offset, var->size, var_name, 1);
	}
	return err ? err : lun_plan_close(b->plan);
}

static int add_type(
	struct builder *b, uint32_t id, uint32_t offset, uint32_t room, const char *name, int depth)
{
	uint32_t named = id;
	const struct btf_type *t = resolve(b->btf, &id);
	struct lun_op op = { .offset = offset };

	if (!t || depth > MAX_TYPEDEFS)
		return t ? -E2BIG : -ENOENT;
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return add_int(b, t, named, offset, name);
	case BTF_KIND_FLOAT:
		op.kind = LUN_K_FLOAT;
		op.size = t->size;
		if (op.size != 4 && op.size != 8 && op.size != 16)
			op.kind = LUN_K_BYTES;
		return add_leaf(b, &op, named, name);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		op.size = t->size;
		return add_enum(b, t, named, op, name);
	case BTF_KIND_PTR:
		if (is_hidden_pointer(b->btf, t))
			return add_hidden(b, offset, (uint32_t)btf__pointer_size(b->btf), name);
		return add_pointer(b, offset, named, name);
	case BTF_KIND_ARRAY:
		return add_array(b, t, offset, room, name, depth);
	case BTF_KIND_STRUCT:
		if (depth && is_hidden_struct(b->btf, t))
			return add_hidden(b, offset, t->size, name);
		return add_struct(b, t, offset, room, name, depth);
	case BTF_KIND_UNION:
		return add_struct(b, t, offset, room, name, depth);
	case BTF_KIND_DATASEC:
		return depth ? -EINVAL : add_datasec(b, t, offset, room, name);
	case BTF_KIND_FWD:
		op.kind = LUN_K_BYTES; /* of unknown size: shown as bytes */
		return lun_plan_leaf(b->plan, &op, name);
	default:
		return -EINVAL;
	}
}

/* The kernel wraps the values of a struct_ops map in a struct of this name. */
static bool is_struct_ops(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	const char *name = t ? btf__name_by_offset(btf, t->name_off) : NULL;

	return name && !strncmp(name, "bpf_struct_ops_", strlen("bpf_struct_ops_"));
}

int lun_btf_add(struct lun_plan *plan, const struct btf *btf, uint32_t id, uint32_t offset,
	uint32_t size, const char *name)
{
	struct builder b = {
		.plan = plan,
		.btf = btf,
		.be = btf__endianness(btf) == BTF_BIG_ENDIAN,
		.struct_ops = is_struct_ops(btf, id),
	};

	return add_type(&b, id, offset, size, name, 0);
}

struct lun_plan *lun_btf_plan(const struct btf *btf, uint32_t id, uint32_t size, int *err)
{
	struct lun_plan *plan = lun_plan_new();

	*err = plan ? lun_btf_add(plan, btf, id, 0, size, NULL) : -ENOMEM;
	if (!*err)
		*err = lun_plan_finish(plan, size);
	if (*err) {
		lun_plan_unref(plan);
		return NULL;
	}
	return plan;
}
