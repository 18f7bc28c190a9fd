#pragma once
/*
 * How C lays out the structs and unions of BTF, so that their text says what BTF says: where a gap
 * has to be filled, which are packed, and of which C can't say it.
 */
#include <bpf/btf.h>
#include <stdbool.h>
#include <stdint.h>

enum lun_layout_kind {
	LUN_LAYOUT_UNKNOWN, /* not looked at yet */
	LUN_LAYOUT_PLAIN,
	LUN_LAYOUT_PACKED,
	LUN_LAYOUT_BYTES, /* C can't: it is an array of bytes */
};

struct lun_layout {
	uint8_t kind;
	uint8_t align; /* in bytes, as it is printed */
};

struct lun_layouts {
	const struct btf *btf;
	struct lun_layout *of; /* by type id */
	uint32_t pointer_size;
};

/* What stands at a place of a struct or union, in bits. */
struct lun_place {
	int member;        /* its number, or -1: a gap */
	uint64_t at, bits; /* bits: of a bit field or a gap; else 0 */
};

typedef void (*lun_place_fn)(void *ctx, const struct lun_place *place);

/* 0 or -ENOMEM. */
int lun_layouts_init(struct lun_layouts *layouts, const struct btf *btf);
void lun_layouts_free(struct lun_layouts *layouts);
/* Of a struct or union. */
struct lun_layout lun_layout_of(struct lun_layouts *layouts, uint32_t id);
/* Calls `found` for members and gaps in their order; not for one that is bytes. */
void lun_layout_places(struct lun_layouts *layouts, uint32_t id, lun_place_fn found, void *ctx);
/* The number of the first member that C can't put where it is, or -1: then it is the size. */
int lun_layout_culprit(struct lun_layouts *layouts, uint32_t id);
