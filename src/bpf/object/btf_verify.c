#include "bpf/object/btf_verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_MAX_LEN = 4096,
	DEPTH_MAX = 1000,        /* nesting of types: libbpf recurses into each */
	WEIGHT_MAX = 256 * 1024, /* members of a type, with all types written inside it */
};

static const char *const kinds[] = { "void", "int", "pointer", "array", "struct", "union", "enum",
	"fwd", "typedef", "volatile", "const", "restrict", "func", "func_proto", "var", "datasec",
	"float", "decl_tag", "type_tag", "enum64" };

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

struct check {
	const struct btf *btf;
	uint32_t count;
	uint32_t id; /* the type being checked */
	char *why;
};

static int refuse(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct check *c, const char *fmt, ...)
{
	const struct btf_type *t = btf__type_by_id(c->btf, c->id);
	int n = snprintf(c->why, LUN_BTF_WHY, "malformed BTF: type %u (%s) ", c->id,
		t && btf_kind(t) < KINDS ? kinds[btf_kind(t)] : "of no known kind");
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->why + n, LUN_BTF_WHY - (size_t)n, fmt, args);
	va_end(args);
	return -EINVAL;
}

/* A number in the file's byte order, which its first two bytes show. */
static uint32_t number_at(const uint8_t *data, size_t at, size_t size)
{
	bool big = data[0] == 0xeb;
	uint32_t n = 0;

	for (size_t i = 0; i < size; i++)
		n |= (uint32_t)data[at + i] << 8 * (big ? size - 1 - i : i);
	return n;
}

static bool lies_within(uint64_t start, uint64_t len, uint64_t size)
{
	return start <= size && len <= size - start;
}

static int check_parts(const uint8_t *data, size_t size, char *why)
{
	uint64_t head = number_at(data, 4, 4);
	uint64_t types = head + number_at(data, 8, 4), types_len = number_at(data, 12, 4);
	uint64_t names = head + number_at(data, 16, 4), names_len = number_at(data, 20, 4);

	if (head < sizeof(struct btf_header) || head > size || head % 4)
		return snprintf(why, LUN_BTF_WHY, "malformed BTF: the header has a wrong length"),
		       -EINVAL;
	if (!lies_within(types, types_len, size) || types % 4)
		return snprintf(why, LUN_BTF_WHY, "malformed BTF: the types lie beyond the end"),
		       -EINVAL;
	if (!lies_within(names, names_len, size))
		return snprintf(why, LUN_BTF_WHY, "malformed BTF: the names lie beyond the end"),
		       -EINVAL;
	if (types < names + names_len && names < types + types_len)
		return snprintf(why, LUN_BTF_WHY, "malformed BTF: types and names overlap"),
		       -EINVAL;
	if (!names_len || data[names + names_len - 1])
		return snprintf(why, LUN_BTF_WHY, "malformed BTF: the names don't end"), -EINVAL;
	return 0;
}

int lun_btf_verify_header(const void *data, size_t size, char why[LUN_BTF_WHY])
{
	const uint8_t *bytes = data;

	why[0] = 0;
	if (size < sizeof(struct btf_header))
		return snprintf(why, LUN_BTF_WHY, "it is no BTF: %zu bytes are too few", size),
		       -EINVAL;
	if (number_at(bytes, 0, 2) != BTF_MAGIC)
		return snprintf(why, LUN_BTF_WHY, "it is no BTF"), -EINVAL;
	if (bytes[2] != BTF_VERSION)
		return snprintf(why, LUN_BTF_WHY, "malformed BTF: version %u is not known",
			       bytes[2]),
		       -EINVAL;
	return check_parts(bytes, size, why);
}

static int check_name(struct check *c, uint32_t offset)
{
	const char *name = btf__name_by_offset(c->btf, offset);

	if (!name)
		return refuse(c, "has a name that lies beyond the end");
	if (strnlen(name, NAME_MAX_LEN + 1) > NAME_MAX_LEN)
		return refuse(c, "has a name of more than %d bytes", NAME_MAX_LEN);
	return 0;
}

/* Anything but void. */
static int check_ref(struct check *c, uint32_t id)
{
	if (id >= c->count)
		return refuse(c, "refers to type %u, which is not there", id);
	return id ? 0 : refuse(c, "refers to void");
}

/* Checks a reference to a type: void is one; a function, a variable or a section is none. */
static int check_named(struct check *c, uint32_t id)
{
	int err = id ? check_ref(c, id) : 0;
	const struct btf_type *t = err ? NULL : btf__type_by_id(c->btf, id);

	if (err)
		return err;
	if (btf_is_func(t) || btf_is_datasec(t) || btf_is_var(t) || btf_is_decl_tag(t))
		return refuse(c, "refers to type %u, which is no type of C", id);
	return 0;
}

/* What has values. */
static int check_value(struct check *c, uint32_t id)
{
	int err = check_ref(c, id);

	if (!err)
		err = check_named(c, id);
	if (!err && btf_is_func_proto(btf__type_by_id(c->btf, id)))
		err = refuse(c, "refers to type %u, which has no values", id);
	return err;
}

static int check_int(struct check *c, const struct btf_type *t)
{
	uint32_t bits = btf_int_bits(t), at = btf_int_offset(t);

	if (t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8 && t->size != 16)
		return refuse(c, "has %u bytes", t->size);
	if (!bits || at + bits > t->size * 8)
		return refuse(c, "has bits beyond its %u bytes", t->size);
	return 0;
}

static int check_array(struct check *c, const struct btf_type *t)
{
	int err = check_value(c, btf_array(t)->type);

	return err ? err : check_value(c, btf_array(t)->index_type);
}

static int check_members(struct check *c, const struct btf_type *t)
{
	int err = 0;

	for (int i = 0; !err && i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];

		err = check_name(c, m->name_off);
		if (!err)
			err = check_value(c, m->type);
		if (!err && btf_member_bit_offset(t, (uint32_t)i) > (uint64_t)t->size * 8)
			err = refuse(c, "has a member %d that begins beyond its end", i);
	}
	return err;
}

static int check_enum(struct check *c, const struct btf_type *t)
{
	int err = 0;

	if (t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8)
		return refuse(c, "has %u bytes", t->size);
	for (int i = 0; !err && i < btf_vlen(t); i++)
		err = check_name(
			c, btf_is_enum64(t) ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off);
	return err;
}

static int check_params(struct check *c, const struct btf_type *t)
{
	int err = check_named(c, t->type);

	for (int i = 0; !err && i < btf_vlen(t); i++) {
		const struct btf_param *p = &btf_params(t)[i];

		err = check_name(c, p->name_off);
		if (!err && (p->type || i < btf_vlen(t) - 1)) /* a last void: ... */
			err = check_value(c, p->type);
	}
	return err;
}

static int check_func(struct check *c, const struct btf_type *t)
{
	int err = check_ref(c, t->type);

	if (!err && !btf_is_func_proto(btf__type_by_id(c->btf, t->type)))
		err = refuse(c, "refers to type %u, which is no func_proto", t->type);
	return err;
}

static int check_section(struct check *c, const struct btf_type *t)
{
	int err = 0;

	for (int i = 0; !err && i < btf_vlen(t); i++) {
		uint32_t id = btf_var_secinfos(t)[i].type;
		const struct btf_type *var = id < c->count ? btf__type_by_id(c->btf, id) : NULL;

		if (!var || (!btf_is_var(var) && !btf_is_func(var)))
			err = refuse(c,
				"refers to type %u, which is neither a variable nor a function",
				id);
	}
	return err;
}

/* Checks the part that a tag belongs to: a member or parameter; -1: the whole. */
static int check_tag(struct check *c, const struct btf_type *t)
{
	int32_t part = btf_decl_tag(t)->component_idx;
	const struct btf_type *on;
	int err = check_ref(c, t->type);

	if (err || part == -1)
		return err;
	on = btf__type_by_id(c->btf, t->type);
	if (btf_is_func(on) && on->type < c->count)
		on = btf__type_by_id(c->btf, on->type);
	if ((btf_is_composite(on) || btf_is_func_proto(on)) && part >= 0 && part < btf_vlen(on))
		return 0;
	return refuse(c, "refers to type %u, which has no part %d", t->type, part);
}

static int check_type(struct check *c, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return check_int(c, t);
	case BTF_KIND_ARRAY:
		return check_array(c, t);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return check_members(c, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return check_enum(c, t);
	case BTF_KIND_FUNC_PROTO:
		return check_params(c, t);
	case BTF_KIND_FUNC:
		return check_func(c, t);
	case BTF_KIND_DATASEC:
		return check_section(c, t);
	case BTF_KIND_DECL_TAG:
		return check_tag(c, t);
	case BTF_KIND_FWD:
	case BTF_KIND_FLOAT:
		return 0;
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_VAR:
	case BTF_KIND_TYPE_TAG:
		return check_named(c, t->type);
	default:
		return refuse(c, "is of kind %u", btf_kind(t));
	}
}

/* True for types that C can refer to only by a name. */
static bool lacks_name(const struct check *c, const struct btf_type *t)
{
	bool needs = btf_is_fwd(t) || btf_is_typedef(t) || btf_is_func(t) || btf_is_var(t) ||
		btf_is_datasec(t) || btf_is_decl_tag(t) || btf_is_type_tag(t);

	return needs && !*btf__name_by_offset(c->btf, t->name_off);
}

static int check_types(struct check *c)
{
	int err = 0;

	for (c->id = 1; !err && c->id < c->count; c->id++) {
		const struct btf_type *t = btf__type_by_id(c->btf, c->id);

		err = check_name(c, t->name_off);
		if (!err && lacks_name(c, t))
			err = refuse(c, "has no name");
		if (!err)
			err = check_type(c, t);
	}
	return err;
}

/*
 * The walk follows references as writing C does: into a struct for its members, but not into a
 * named struct behind a pointer, whose name is enough. So each type is two nodes: the type, and the
 * type behind a pointer.
 */
struct node {
	uint32_t weight; /* 0: not visited; then the members in it */
	uint16_t height; /* levels of types in it */
	bool open;       /* on the path to the current node */
};

struct frame {
	uint32_t node; /* 2 * type id, plus 1 behind a pointer */
	uint32_t next; /* index of the reference to follow next */
};

struct walk {
	struct check *c;
	struct node *nodes;
	struct frame *stack;
	uint32_t depth;
};

static bool is_named(const struct check *c, const struct btf_type *t)
{
	const char *name = btf__name_by_offset(c->btf, t->name_off);

	return name && *name;
}

static uint32_t vlen(const struct btf_type *t)
{
	return btf_vlen(t);
}

/* The number of a node's references. */
static uint32_t count_refs(const struct check *c, const struct btf_type *t, bool behind)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return behind && is_named(c, t) ? 0 : vlen(t);
	case BTF_KIND_FUNC_PROTO:
		return vlen(t) + 1;
	case BTF_KIND_DATASEC:
		return vlen(t);
	case BTF_KIND_ARRAY:
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_TYPE_TAG:
		return 1;
	default:
		return 0;
	}
}

/* The node of the i-th reference. */
static uint32_t ref_of(const struct btf_type *t, uint32_t i, bool behind)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return 2 * btf_members(t)[i].type;
	case BTF_KIND_ARRAY:
		return 2 * btf_array(t)->type;
	case BTF_KIND_DATASEC:
		return 2 * btf_var_secinfos(t)[i].type;
	case BTF_KIND_FUNC_PROTO:
		return 2 * (i ? btf_params(t)[i - 1].type : t->type) + 1;
	case BTF_KIND_PTR:
	case BTF_KIND_DECL_TAG:
		return 2 * t->type + 1;
	default:
		return 2 * t->type + behind;
	}
}

/* True for an unnamed member of a named type: C needs that type's members in its place. */
static bool is_spread(const struct check *c, const struct btf_type *from, uint32_t i)
{
	return btf_is_composite(from) &&
		!*btf__name_by_offset(c->btf, btf_members(from)[i].name_off);
}

/* The size that a reference adds to the C text: a named type adds only its name. */
static uint32_t weight_of_ref(
	const struct check *c, const struct node *node, uint32_t id, bool spread)
{
	const struct btf_type *t = btf__type_by_id(c->btf, id);

	if (spread && btf_is_composite(t))
		return node->weight;
	if (btf_is_typedef(t) || (is_named(c, t) && (btf_is_composite(t) || btf_is_any_enum(t))))
		return 1;
	return node->weight;
}

static uint32_t own_weight(const struct btf_type *t)
{
	return 1 + (btf_is_any_enum(t) || btf_is_composite(t) ? vlen(t) : 0);
}

static int push(struct walk *w, uint32_t node)
{
	const struct btf_type *t = btf__type_by_id(w->c->btf, node / 2);

	if (w->depth == DEPTH_MAX)
		return refuse(w->c, "holds more than %d types within one another", DEPTH_MAX);
	w->stack[w->depth++] = (struct frame){ .node = node };
	w->nodes[node].open = true;
	w->nodes[node].weight = own_weight(t);
	return 0;
}

/* Leaves a node, and adds its weight to the parent. */
static int pop(struct walk *w)
{
	struct frame *top = &w->stack[--w->depth];
	struct node *node = &w->nodes[top->node];

	node->open = false;
	if (node->weight > WEIGHT_MAX) {
		w->c->id = top->node / 2;
		return refuse(w->c, "has more than %d members, with those of the types inside it",
			WEIGHT_MAX);
	}
	return 0;
}

static int enter(struct walk *w, uint32_t from, uint32_t to)
{
	struct node *above = &w->nodes[from], *below = &w->nodes[to];

	if (below->open) {
		w->c->id = to / 2;
		return refuse(w->c, "holds itself, by way of type %u", from / 2);
	}
	if (!below->weight) {
		w->stack[w->depth - 1].next--; /* again, now that its type is known */
		return push(w, to);
	}
	above->weight += weight_of_ref(w->c, below, to / 2,
		is_spread(w->c, btf__type_by_id(w->c->btf, from / 2),
			w->stack[w->depth - 1].next - 1));
	if (above->weight > WEIGHT_MAX)
		above->weight = WEIGHT_MAX + 1;
	if (above->height <= below->height)
		above->height = below->height + 1;
	if (w->depth + below->height > DEPTH_MAX)
		return refuse(w->c, "holds more than %d types within one another", DEPTH_MAX);
	return 0;
}

static int walk_from(struct walk *w, uint32_t node)
{
	int err = w->nodes[node].weight ? 0 : push(w, node);

	while (!err && w->depth) {
		struct frame *top = &w->stack[w->depth - 1];
		const struct btf_type *t = btf__type_by_id(w->c->btf, top->node / 2);
		bool behind = top->node % 2;

		if (top->next < count_refs(w->c, t, behind)) {
			top->next++;
			err = enter(w, top->node, ref_of(t, top->next - 1, behind));
		} else {
			err = pop(w);
		}
	}
	return err;
}

static int check_cycles(struct check *c)
{
	struct walk w = { .c = c };
	int err = 0;

	w.nodes = calloc(2 * (size_t)c->count, sizeof(*w.nodes));
	w.stack = calloc(DEPTH_MAX, sizeof(*w.stack));
	if (!w.nodes || !w.stack)
		err = -ENOMEM;
	if (!err)
		w.nodes[0].weight = w.nodes[1].weight = 1; /* void */
	for (uint32_t node = 2; !err && node < 2 * c->count; node++) {
		c->id = node / 2;
		err = walk_from(&w, node);
	}
	free(w.nodes);
	free(w.stack);
	return err;
}

int lun_btf_verify(const struct btf *btf, char why[LUN_BTF_WHY])
{
	struct check c = { .btf = btf, .count = btf__type_cnt(btf), .why = why };
	int err;

	why[0] = 0;
	err = check_types(&c);
	return err ? err : check_cycles(&c);
}
