#pragma once
/*
 * How C lays out the structs and unions of BTF, so that their C text matches BTF: which gaps need
 * padding, which types are packed, and which types C can't express.
 */
#include <bpf/btf.h>
#include <stdbool.h>
#include <stdint.h>

enum lun_layout_kind {
	LUN_LAYOUT_UNKNOWN, /* not looked at yet */
	LUN_LAYOUT_PLAIN,
	LUN_LAYOUT_PACKED,
	LUN_LAYOUT_BYTES, /* C can't express it: printed as an array of bytes */
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

/* A member or a gap of a struct or union; sizes in bits. */
struct lun_place {
	int member;        /* its number, or -1: a gap */
	uint64_t at, bits; /* bits: of a bit field or a gap; else 0 */
};

typedef void (*lun_place_fn)(void *ctx, const struct lun_place *place);

/* 0 or -ENOMEM. */
int lun_layouts_init(struct lun_layouts *layouts, const struct btf *btf);
void lun_layouts_free(struct lun_layouts *layouts);
/* The layout of a struct or union. */
struct lun_layout lun_layout_of(struct lun_layouts *layouts, uint32_t id);
/* Calls `found` for members and gaps in order; never for a LUN_LAYOUT_BYTES type. */
void lun_layout_places(struct lun_layouts *layouts, uint32_t id, lun_place_fn found, void *ctx);
/* The number of the first member that C can't place as BTF does; -1: the size is the problem. */
int lun_layout_culprit(struct lun_layouts *layouts, uint32_t id);
