#include "bpf/decode/btf_layout.h"

#include <errno.h>
#include <stdlib.h>

enum { ALIGN_MAX = 16 };

int lun_layouts_init(struct lun_layouts *layouts, const struct btf *btf)
{
	layouts->btf = btf;
	layouts->pointer_size = btf__pointer_size(btf) == 4 ? 4 : 8;
	layouts->of = calloc(btf__type_cnt(btf), sizeof(*layouts->of));
	return layouts->of ? 0 : -ENOMEM;
}

void lun_layouts_free(struct lun_layouts *layouts)
{
	free(layouts->of);
}

static const struct btf_type *strip(const struct btf *btf, uint32_t *id)
{
	const struct btf_type *t = btf__type_by_id(btf, *id);

	while (btf_is_mod(t) || btf_is_typedef(t)) { /* verified BTF has no cycles */
		*id = t->type;
		t = btf__type_by_id(btf, *id);
	}
	return t;
}

/* The alignment of a size, for C's types up to one machine word. */
static uint32_t align_of_size(uint32_t size)
{
	uint32_t align = 1;

	while (align < ALIGN_MAX && size % (2 * align) == 0)
		align *= 2;
	return align;
}

static uint32_t align_of(struct lun_layouts *layouts, uint32_t id)
{
	const struct btf_type *t = strip(layouts->btf, &id);

	while (btf_is_array(t)) {
		id = btf_array(t)->type;
		t = strip(layouts->btf, &id);
	}
	if (btf_is_ptr(t))
		return layouts->pointer_size;
	if (btf_is_composite(t))
		return lun_layout_of(layouts, id).align;
	if (btf_is_int(t) || btf_is_float(t) || btf_is_any_enum(t))
		return align_of_size(t->size);
	return 1;
}

/* The width of a bit field; 0 for other members. Older compilers put the width into the type. */
static uint32_t width_of(struct lun_layouts *layouts, const struct btf_type *t, int i, uint64_t *at)
{
	uint32_t id = btf_members(t)[i].type, width = btf_member_bitfield_size(t, (uint32_t)i);
	const struct btf_type *type = strip(layouts->btf, &id);

	*at = btf_member_bit_offset(t, (uint32_t)i);
	if (width || !btf_is_int(type) || btf_int_bits(type) == type->size * 8)
		return width;
	*at += btf_int_offset(type);
	return btf_int_bits(type);
}

/* One try to lay out a type: plain or packed. */
struct trial {
	struct lun_layouts *layouts;
	const struct btf_type *t;
	bool packed;
	uint64_t end;   /* bits used so far */
	uint32_t align; /* alignment of the members so far, in bytes */
	int member;     /* at which it stands */
	lun_place_fn found;
	void *ctx;
};

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static void tell(struct trial *trial, int member, uint64_t at, uint64_t bits)
{
	struct lun_place place = { member, at, bits };

	if (trial->found)
		trial->found(trial->ctx, &place);
}

static void fill_gap(struct trial *trial, uint64_t to)
{
	if (to > trial->end)
		tell(trial, -1, trial->end, to - trial->end);
	trial->end = to;
}

static void note_align(struct trial *trial, uint32_t align)
{
	if (!trial->packed && align > trial->align)
		trial->align = align;
}

/* Adds a bit field. In C it begins in the next unit when it does not fit into the current one. */
static bool put_bits(struct trial *trial, uint64_t at, uint32_t width)
{
	uint32_t id = btf_members(trial->t)[trial->member].type;
	const struct btf_type *type = strip(trial->layouts->btf, &id);
	uint64_t unit = 8 * (uint64_t)type->size, natural = trial->end;

	if (!(btf_is_int(type) || btf_is_any_enum(type)) || width > unit || at < trial->end)
		return false;
	if (btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_BOOL) && width > 1)
		return false;
	if (!trial->packed && natural / unit != (natural + width - 1) / unit)
		natural = round_up(natural, unit);
	if (natural != at)
		fill_gap(trial, at);
	if (!trial->packed && at / unit != (at + width - 1) / unit)
		return false;
	note_align(trial, align_of_size(type->size));
	tell(trial, trial->member, at, width);
	trial->end = at + width;
	return true;
}

static bool put_whole(struct trial *trial, uint64_t at)
{
	uint32_t id = btf_members(trial->t)[trial->member].type;
	uint64_t align = trial->packed ? 8 : 8 * (uint64_t)align_of(trial->layouts, id);
	int64_t size = btf__resolve_size(trial->layouts->btf, id);

	if (size < 0 || at % align || at < trial->end)
		return false;
	if (round_up(trial->end, align) != at)
		fill_gap(trial, at);
	note_align(trial, (uint32_t)(align / 8));
	tell(trial, trial->member, at, 0);
	trial->end = at + 8 * (uint64_t)size;
	return true;
}

static bool put_members(struct trial *trial, uint64_t *end)
{
	bool fits = true;

	for (trial->member = 0; fits && trial->member < btf_vlen(trial->t); trial->member++) {
		uint64_t at;
		uint32_t width = width_of(trial->layouts, trial->t, trial->member, &at);

		if (btf_is_union(trial->t)) {
			trial->end = 0;
			fits = !at;
		}
		fits = fits && (width ? put_bits(trial, at, width) : put_whole(trial, at));
		if (!fits)
			return false;
		if (trial->end > *end)
			*end = trial->end;
	}
	return true;
}

/* True when C lays out the type as BTF describes it. */
static bool fits(struct trial *trial)
{
	uint64_t size = 8 * (uint64_t)trial->t->size, end = 0;

	trial->align = 1;
	trial->end = 0;
	if (!put_members(trial, &end))
		return false;
	trial->member = -1;
	if (end > size || size % (8 * (uint64_t)trial->align))
		return false;
	if (round_up(end, 8 * (uint64_t)trial->align) == size)
		return true;
	/* a union's padding begins at its start */
	trial->end = btf_is_union(trial->t) ? 0 : end;
	fill_gap(trial, size);
	return true;
}

struct lun_layout lun_layout_of(struct lun_layouts *layouts, uint32_t id)
{
	struct lun_layout *layout = &layouts->of[id];
	struct trial trial = { .layouts = layouts, .t = btf__type_by_id(layouts->btf, id) };

	if (layout->kind != LUN_LAYOUT_UNKNOWN)
		return *layout;
	layout->kind = LUN_LAYOUT_PLAIN;
	if (!fits(&trial)) {
		trial.packed = true;
		layout->kind = fits(&trial) ? LUN_LAYOUT_PACKED : LUN_LAYOUT_BYTES;
	}
	layout->align = layout->kind == LUN_LAYOUT_BYTES ? 1 : (uint8_t)trial.align;
	return *layout;
}

void lun_layout_places(struct lun_layouts *layouts, uint32_t id, lun_place_fn found, void *ctx)
{
	struct lun_layout layout = lun_layout_of(layouts, id);
	struct trial trial = { .layouts = layouts,
		.t = btf__type_by_id(layouts->btf, id),
		.packed = layout.kind == LUN_LAYOUT_PACKED,
		.found = found,
		.ctx = ctx };

	if (layout.kind != LUN_LAYOUT_BYTES)
		fits(&trial);
}

int lun_layout_culprit(struct lun_layouts *layouts, uint32_t id)
{
	struct trial trial = {
		.layouts = layouts, .t = btf__type_by_id(layouts->btf, id), .packed = true
	};

	fits(&trial);
	return trial.member;
}
