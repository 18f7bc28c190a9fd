#include "bpf/decode/btf_c.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/decode/btf_layout.h"
#include "bpf/decode/btf_names.h"
#include "bpf/decode/btf_plan.h"

enum {
	SAID = 1,        /* declared: its name can be used */
	BEGUN = 2,       /* the types it needs are being written */
	DONE = 4,        /* it is complete */
	LONGEST_GAP = 64 /* bytes; a longer gap is written as an array */
};

struct writer {
	const struct btf *btf;
	struct lun_out *out;
	uint8_t *state;
	struct lun_layouts layouts;
	struct lun_names names;
	bool alone;        /* one type is written alone; it may have no name */
	uint32_t owner;    /* the struct whose members are being written: it may refer to itself */
	uint32_t left_out; /* times that a type was not written because of that */
	uint32_t *seen_by; /* by type: the owner during which it was not written */
};

static const struct btf_type *type_of(const struct writer *w, uint32_t id)
{
	return btf__type_by_id(w->btf, id);
}

static const char *str(const struct writer *w, uint32_t offset)
{
	const char *text = btf__name_by_offset(w->btf, offset);

	return text ? text : "";
}

static bool has_name(const struct writer *w, const struct btf_type *t)
{
	return *str(w, t->name_off) != 0;
}

/* True when the output limit is reached: further text is dropped. */
static bool is_full(const struct writer *w)
{
	return w->out->err || w->out->len > LUN_BTF_C_MAX;
}

static void put(struct writer *w, const char *text)
{
	lun_out_str(w->out, text);
}

static void indent(struct writer *w, int depth)
{
	while (depth--)
		lun_out_char(w->out, '\t');
}

static void put_name(struct writer *w, uint32_t id, enum lun_name_space space)
{
	const struct btf_type *t = type_of(w, id);

	lun_names_put(&w->names, id, str(w, t->name_off), space, w->out);
}

static const char *keyword(const struct btf_type *t)
{
	if (btf_is_any_enum(t))
		return "enum ";
	return btf_is_union(t) || (btf_is_fwd(t) && btf_kflag(t)) ? "union " : "struct ";
}

/* A C type of this size, for types that C has no word for. */
static const char *word_of_size(const struct btf_type *t)
{
	bool is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;

	if (btf_int_encoding(t) & BTF_INT_BOOL)
		return "_Bool";
	switch (t->size) {
	case 1:
		return is_signed ? "signed char" : "unsigned char";
	case 2:
		return is_signed ? "short" : "unsigned short";
	case 4:
		return is_signed ? "int" : "unsigned int";
	case 8:
		return is_signed ? "long long" : "unsigned long long";
	default:
		return is_signed ? "__int128" : "unsigned __int128";
	}
}

/* The size in bytes of a C type name; 0 when the text is none. */
static uint32_t size_of_words(const char *words, uint32_t pointer_size)
{
	uint32_t longs = 0, size = 0;
	size_t len;

	for (; *words; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		if (len == 4 && !strncmp(words, "long", 4))
			longs++;
		else if (len == 4 && !strncmp(words, "char", 4))
			size = 1;
		else if (len == 5 && !strncmp(words, "short", 5))
			size = 2;
		else if (len == 5 && !strncmp(words, "_Bool", 5))
			size = 1;
		else if (len == 8 && !strncmp(words, "__int128", 8))
			size = 16;
		else if (len == 3 && !strncmp(words, "int", 3))
			size = size ? size : 4;
		else if ((len != 8 || strncmp(words, "unsigned", 8) != 0) &&
			(len != 6 || strncmp(words, "signed", 6) != 0))
			return 0;
		else
			size = size ? size : 4;
	}
	return longs ? longs > 1 ? 8 : pointer_size : size;
}

static bool is_word_of_c(const struct writer *w, const struct btf_type *t)
{
	return size_of_words(str(w, t->name_off), w->layouts.pointer_size) == t->size;
}

static const char *float_of_size(uint32_t size)
{
	switch (size) {
	case 2:
		return "_Float16";
	case 4:
		return "float";
	case 8:
		return "double";
	default:
		return "long double";
	}
}

static void put_int(struct writer *w, const struct btf_type *t)
{
	put(w, is_word_of_c(w, t) ? str(w, t->name_off) : word_of_size(t));
}

static void put_body(struct writer *w, uint32_t id, int depth);
static void put_enum_body(struct writer *w, const struct btf_type *t, int depth);
static void put_before(struct writer *w, uint32_t id, int depth);
static void put_after(struct writer *w, uint32_t id);

/* Writes a type that is no pointer, array or function, with its tags. */
static void put_base(struct writer *w, uint32_t id, int depth)
{
	const struct btf_type *t = type_of(w, id);

	if (!id) {
		put(w, "void");
	} else if (btf_is_int(t)) {
		put_int(w, t);
	} else if (btf_is_float(t)) {
		put(w, float_of_size(t->size));
	} else if (btf_is_typedef(t)) {
		put_name(w, id, LUN_NAME_PLAIN);
	} else {
		put(w, keyword(t));
		if (has_name(w, t))
			put_name(w, id, LUN_NAME_TAG);
		else if (btf_is_any_enum(t))
			put_enum_body(w, t, depth);
		else
			put_body(w, id, depth);
	}
}

/* Writes qualifiers and tags from `id` on as words. *id becomes the type behind them. */
static void take_mods(struct writer *w, uint32_t *id, struct lun_out *mods)
{
	static const char *const words[] = {
		[BTF_KIND_CONST] = "const",
		[BTF_KIND_VOLATILE] = "volatile",
		[BTF_KIND_RESTRICT] = "restrict",
	};
	const struct btf_type *t;

	for (t = type_of(w, *id); btf_is_mod(t); t = type_of(w, *id)) {
		if (!btf_is_type_tag(t))
			lun_out_printf(mods, " %s", words[btf_kind(t)]);
		else if (btf_kflag(t)) /* the attribute itself */
			lun_out_printf(mods, " __attribute__((%s))", str(w, t->name_off));
		else
			lun_out_printf(mods, " __attribute__((btf_type_tag(\"%s\")))",
				str(w, t->name_off));
		*id = t->type;
	}
}

static bool needs_parens(const struct writer *w, uint32_t id)
{
	const struct btf_type *t = type_of(w, id);

	while (btf_is_mod(t))
		t = type_of(w, t->type);
	return btf_is_array(t) || btf_is_func_proto(t);
}

static void put_kind_before(struct writer *w, uint32_t id, const struct lun_out *mods, int depth)
{
	const struct btf_type *t = type_of(w, id);

	if (btf_is_ptr(t)) {
		put_before(w, t->type, depth);
		put(w, needs_parens(w, t->type) ? "(*" : "*");
		if (mods->len) {
			lun_out_mem(w->out, mods->data, mods->len - 1);
			put(w, " ");
		}
	} else if (btf_is_func_proto(t)) {
		put_before(w, t->type, depth);
	} else {
		if (mods->len && !strstr(mods->data, "__attribute__")) {
			lun_out_mem(w->out, mods->data + 1, mods->len - 2);
			put(w, " ");
		}
		put_base(w, id, depth);
		if (mods->len && strstr(mods->data, "__attribute__"))
			lun_out_mem(w->out, mods->data, mods->len - 1);
		put(w, " ");
	}
}

/* Writes the part of a type that stands before the declared name: in C a type surrounds it. */
static void put_before(struct writer *w, uint32_t id, int depth)
{
	struct lun_out mods;

	lun_out_init(&mods);
	take_mods(w, &id, &mods);
	while (btf_is_array(type_of(w, id))) {
		id = btf_array(type_of(w, id))->type;
		take_mods(w, &id, &mods);
	}
	if (mods.len)
		lun_out_char(&mods, 0); /* a string */
	put_kind_before(w, id, &mods, depth);
	lun_out_free(&mods);
}

static void put_declared(struct writer *w, uint32_t id, const char *name, int depth)
{
	if (is_full(w))
		return;
	put_before(w, id, depth);
	if (*name)
		lun_names_put_plain(name, w->out);
	else if (w->out->len && w->out->data[w->out->len - 1] == ' ')
		w->out->len--;
	put_after(w, id);
}

static void put_params(struct writer *w, const struct btf_type *t)
{
	put(w, "(");
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_param *p = &btf_params(t)[i];

		put(w, i ? ", " : "");
		if (!p->type)
			put(w, "...");
		else
			put_declared(w, p->type, str(w, p->name_off), 0);
	}
	put(w, btf_vlen(t) ? ")" : "void)");
}

static void put_after(struct writer *w, uint32_t id)
{
	const struct btf_type *t = type_of(w, id);

	while (btf_is_mod(t))
		t = type_of(w, t->type);
	if (btf_is_ptr(t)) {
		put(w, needs_parens(w, t->type) ? ")" : "");
		put_after(w, t->type);
	} else if (btf_is_array(t)) {
		lun_out_printf(w->out, "[%u]", btf_array(t)->nelems);
		put_after(w, btf_array(t)->type);
	} else if (btf_is_func_proto(t)) {
		put_params(w, t);
		put_after(w, t->type);
	}
}

static void put_item(struct writer *w, const struct btf_type *t, int i)
{
	uint32_t name = btf_is_enum64(t) ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off;
	bool is_signed = lun_btf_enum_signed(w->btf, t);

	lun_names_put_new(&w->names, str(w, name), w->out);
	put(w, " = ");
	if (btf_is_enum64(t)) {
		uint64_t v = btf_enum64_value(&btf_enum64(t)[i]);

		if (is_signed && v == (uint64_t)INT64_MIN)
			put(w, "-9223372036854775807LL - 1");
		else if (is_signed)
			lun_out_i64(w->out, (int64_t)v);
		else
			lun_out_u64(w->out, v);
		put(w, is_signed ? v == (uint64_t)INT64_MIN ? "" : "LL" : "ULL");
	} else if (is_signed) {
		lun_out_i64(w->out, btf_enum(t)[i].val);
	} else {
		lun_out_u64(w->out, (uint32_t)btf_enum(t)[i].val);
	}
}

static void put_enum_body(struct writer *w, const struct btf_type *t, int depth)
{
	static const char *const modes[] = { [1] = "QI", [2] = "HI", [8] = "DI" };

	put(w, "{\n");
	for (int i = 0; i < btf_vlen(t) && !is_full(w); i++) {
		indent(w, depth + 1);
		put_item(w, t, i);
		put(w, ",\n");
	}
	indent(w, depth);
	put(w, "}");
	if (t->size != 4)
		lun_out_printf(w->out, " __attribute__((mode(%s)))", modes[t->size]);
}

/* Fills a gap by unnamed bit fields, of types that don't change the struct's alignment. */
static void put_gap(struct writer *w, uint64_t at, uint64_t bits, uint32_t align, int depth)
{
	static const char *const words[] = {
		[1] = "char", [2] = "short", [4] = "int", [8] = "long long"
	};

	while (bits) {
		uint64_t size = 8, some;

		while (size > 1 && (size > align || at % (8 * size) || bits < 8 * size))
			size /= 2;
		some = size > 1 ? 8 * size : at % 8 ? 8 - at % 8 : 8;
		some = some < bits ? some : bits;
		indent(w, depth);
		lun_out_printf(w->out, "%s: %u;\n", words[size], (unsigned int)some);
		at += some;
		bits -= some;
	}
}

struct body {
	struct writer *w;
	const struct btf_type *t;
	uint32_t align;
	int depth;
};

static void put_member(struct body *body, const struct lun_place *place)
{
	const struct btf_member *m = &btf_members(body->t)[place->member];
	struct writer *w = body->w;
	const char *name = str(w, m->name_off);
	const struct btf_type *t = type_of(w, m->type);

	indent(w, body->depth);
	if (!*name && btf_is_composite(t) && has_name(w, t)) {
		/* C has no unnamed member of a named type: its members are written here instead. */
		lun_out_printf(
			w->out, "/* %s%s */ %s", keyword(t), str(w, t->name_off), keyword(t));
		put_body(w, m->type, body->depth);
	} else {
		put_declared(w, m->type, name, body->depth);
	}
	if (place->bits)
		lun_out_printf(w->out, ": %u", (unsigned int)place->bits);
	put(w, ";\n");
}

static void put_place(void *ctx, const struct lun_place *place)
{
	struct body *body = ctx;
	uint64_t begin = place->at / 8, end = (place->at + place->bits) / 8;

	if (place->member >= 0) {
		put_member(body, place);
	} else if (end - begin <= LONGEST_GAP && !btf_is_union(body->t) && btf_vlen(body->t)) {
		put_gap(body->w, place->at, place->bits, body->align, body->depth);
	} else {
		if (place->at % 8)
			put_gap(body->w, place->at, 8 - place->at % 8, 1, body->depth);
		begin += place->at % 8 != 0;
		indent(body->w, body->depth);
		lun_out_printf(body->w->out, "char __gap_%llu[%llu];\n", (unsigned long long)begin,
			(unsigned long long)(end - begin));
		if ((place->at + place->bits) % 8)
			put_gap(body->w, 8 * end, (place->at + place->bits) % 8, 1, body->depth);
	}
}

/* Writes a type that C can't express as bytes, with the reason in a comment. */
static void put_bytes(struct writer *w, uint32_t id, int depth)
{
	const struct btf_type *t = type_of(w, id);
	int member = lun_layout_culprit(&w->layouts, id);

	indent(w, depth + 1);
	if (member < 0)
		lun_out_printf(w->out, "/* C can't make it of %u bytes */\n", t->size);
	else
		lun_out_printf(w->out, "/* C can't put member %d, '%s', at bit %u */\n", member,
			str(w, btf_members(t)[member].name_off),
			btf_member_bit_offset(t, (uint32_t)member));
	indent(w, depth + 1);
	lun_out_printf(w->out, "unsigned char __bytes[%u];\n", t->size);
}

/* Writes a struct's or union's braces, and the attributes after them. */
static void put_body(struct writer *w, uint32_t id, int depth)
{
	struct lun_layout layout = lun_layout_of(&w->layouts, id);
	struct body body = { w, type_of(w, id), layout.align, depth + 1 };

	put(w, "{");
	if (layout.kind == LUN_LAYOUT_BYTES || body.t->size || btf_vlen(body.t)) {
		put(w, "\n");
		if (layout.kind == LUN_LAYOUT_BYTES)
			put_bytes(w, id, depth);
		lun_layout_places(&w->layouts, id, put_place, &body);
		indent(w, depth);
	}
	put(w, layout.kind == LUN_LAYOUT_PACKED ? "} __attribute__((packed))" : "}");
}

/*
 * Writes the types that a type needs first: complete where their size matters, declared by name
 * behind a pointer.
 */
static void need(struct writer *w, uint32_t id, bool whole);

static void need_members(struct writer *w, const struct btf_type *t)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const struct btf_type *type = type_of(w, m->type);

		if (!*str(w, m->name_off) && btf_is_composite(type))
			need_members(w, type);
		else
			need(w, m->type, true);
	}
}

static void declare_tag(struct writer *w, uint32_t id)
{
	if (w->state[id] & (SAID | DONE))
		return;
	if (id == w->owner) {
		w->left_out++;
		return;
	}
	w->state[id] |= SAID;
	put(w, keyword(type_of(w, id)));
	put_name(w, id, LUN_NAME_TAG);
	put(w, ";\n\n");
}

static void define_tag(struct writer *w, uint32_t id)
{
	const struct btf_type *t = type_of(w, id);
	uint32_t owner = w->owner;

	if (w->state[id] & (DONE | BEGUN))
		return;
	w->state[id] |= BEGUN;
	w->owner = id;
	if (btf_is_composite(t))
		need_members(w, t);
	w->owner = owner;
	put(w, keyword(t));
	if (has_name(w, t)) {
		put_name(w, id, LUN_NAME_TAG);
		put(w, btf_is_any_enum(t) && !btf_vlen(t) ? "" : " ");
	}
	if (btf_is_composite(t))
		put_body(w, id, 0);
	else if (btf_vlen(t))
		put_enum_body(w, t, 0);
	put(w, ";\n\n");
	w->state[id] |= DONE;
	if (btf_is_composite(t) && has_name(w, t) &&
		lun_layout_of(&w->layouts, id).kind == LUN_LAYOUT_BYTES) {
		lun_out_printf(w->out, "_Static_assert(sizeof(%s", keyword(t));
		put_name(w, id, LUN_NAME_TAG);
		lun_out_printf(w->out, ") == %u, \"its size\");\n\n", t->size);
	}
}

/* The compiler has it. */
static bool is_built_in(const struct writer *w, const struct btf_type *t)
{
	return !strcmp(str(w, t->name_off), "__builtin_va_list");
}

static void define_typedef(struct writer *w, uint32_t id, bool whole)
{
	const struct btf_type *t = type_of(w, id);
	uint32_t owner = w->owner;

	w->owner = 0;
	if (!(w->state[id] & SAID)) {
		w->state[id] |= SAID;
		if (!is_built_in(w, t)) {
			need(w, t->type, false);
			put(w, "typedef ");
			put_before(w, t->type, 0);
			put_name(w, id, LUN_NAME_PLAIN);
			put_after(w, t->type);
			put(w, ";\n\n");
		}
	}
	if (whole && !(w->state[id] & DONE)) {
		w->state[id] |= DONE;
		if (!is_built_in(w, t))
			need(w, t->type, true);
	}
	w->owner = owner;
}

static void need_params(struct writer *w, const struct btf_type *t)
{
	need(w, t->type, false);
	for (int i = 0; i < btf_vlen(t); i++)
		need(w, btf_params(t)[i].type, false);
}

/* Pointers, arrays, qualifiers and prototypes are visited once for the name and once for the
 * complete type. */
static bool seen(struct writer *w, uint32_t id, bool whole)
{
	uint8_t bit = whole ? DONE : SAID;
	bool before = w->state[id] & bit;

	w->state[id] |= bit;
	return before;
}

static void need_parts(struct writer *w, uint32_t id, bool whole)
{
	const struct btf_type *t = type_of(w, id);

	if (btf_is_composite(t))
		need_members(w, t);
	else if (btf_is_ptr(t))
		need(w, t->type, false);
	else if (btf_is_mod(t))
		need(w, t->type, whole);
	else if (btf_is_array(t))
		need(w, btf_array(t)->type, true);
	else if (btf_is_func_proto(t))
		need_params(w, t);
}

static void need(struct writer *w, uint32_t id, bool whole)
{
	const struct btf_type *t = type_of(w, id);

	if (!id || is_full(w))
		return;
	if (btf_is_typedef(t)) {
		define_typedef(w, id, whole);
	} else if (btf_is_fwd(t)) {
		declare_tag(w, id);
	} else if (btf_is_any_enum(t)) {
		if (has_name(w, t))
			define_tag(w, id);
	} else if (btf_is_composite(t) && has_name(w, t)) {
		if (whole)
			define_tag(w, id);
		else
			declare_tag(w, id);
	} else if (!(w->owner && w->seen_by[id] == w->owner) && !seen(w, id, whole)) {
		uint32_t before = w->left_out;

		need_parts(w, id, whole);
		if (w->left_out == before)
			return;
		/* another struct may need it */
		w->state[id] &= (uint8_t) ~(SAID | DONE);
		w->seen_by[id] = w->owner;
	}
}

/* Writes the declaration of a function or variable. */
static void declare(struct writer *w, uint32_t id)
{
	const struct btf_type *t = type_of(w, id);

	if (w->state[id] & DONE)
		return;
	w->state[id] |= DONE;
	need(w, t->type, btf_is_var(t));
	put(w, btf_is_var(t) ? t->type ? "extern " : "extern const " : "");
	put_before(w, t->type, 0);
	put_name(w, id, LUN_NAME_PLAIN);
	put_after(w, t->type);
	put(w, ";\n\n");
}

static void put_kind_name(struct writer *w, const struct btf_type *t)
{
	if (btf_is_composite(t) || btf_is_any_enum(t))
		put(w, keyword(t));
	put(w, has_name(w, t) ? str(w, t->name_off) : "without a name");
}

/* Writes a declaration tag: it belongs to a type, a function or a variable, or to a part of one. */
static void put_tag(struct writer *w, const struct btf_type *t)
{
	const struct btf_type *on = type_of(w, t->type);
	int part = btf_decl_tag(t)->component_idx;
	bool func = btf_is_func(on);

	lun_out_printf(w->out, "/* tag \"%s\" on ", str(w, t->name_off));
	if (part >= 0) {
		const struct btf_type *of = func ? type_of(w, on->type) : on;
		uint32_t name = btf_is_func_proto(of) ? btf_params(of)[part].name_off
						      : btf_members(of)[part].name_off;

		lun_out_printf(w->out, "%s '%s' of ", func ? "parameter" : "member", str(w, name));
	}
	put_kind_name(w, on);
	put(w, func ? "() */\n\n" : " */\n\n");
}

static void put_one(struct writer *w, uint32_t id)
{
	const struct btf_type *t = type_of(w, id);

	if (btf_is_func(t) || btf_is_var(t)) {
		declare(w, id);
	} else if (btf_is_decl_tag(t)) {
		put_tag(w, t);
	} else if (btf_is_datasec(t)) {
		for (int i = 0; w->alone && i < btf_vlen(t); i++)
			declare(w, btf_var_secinfos(t)[i].type);
	} else {
		need(w, id, true);
		if (w->alone && !has_name(w, t) && (btf_is_composite(t) || btf_is_any_enum(t)))
			define_tag(w, id);
	}
}

static int put_all(struct writer *w, const uint32_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (ids[i] >= btf__type_cnt(w->btf))
			return -EINVAL;
		put_one(w, ids[i]);
		if (is_full(w))
			return w->out->err ? w->out->err : -E2BIG;
	}
	return 0;
}

int lun_btf_c(const struct btf *btf, const uint32_t *ids, size_t n, struct lun_out *out)
{
	struct writer w = { .btf = btf, .out = out, .alone = n == 1 };
	int err = lun_layouts_init(&w.layouts, btf);

	w.state = calloc(btf__type_cnt(btf), 1);
	w.seen_by = calloc(btf__type_cnt(btf), sizeof(*w.seen_by));
	if (!err)
		err = w.state && w.seen_by ? lun_names_init(&w.names, btf__type_cnt(btf)) : -ENOMEM;
	if (!err)
		err = put_all(&w, ids, n);
	lun_names_free(&w.names);
	lun_layouts_free(&w.layouts);
	free(w.state);
	free(w.seen_by);
	return err;
}
