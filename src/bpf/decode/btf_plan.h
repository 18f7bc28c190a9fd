#pragma once
/*
 * From BTF types to plans: what libbpf's struct btf says of a key or value becomes
 * operations. BTF may come from a file, so nothing in it is believed before it is checked.
 */
#include <bpf/btf.h>

#include "bpf/decode/plan.h"

/* A finished plan for a field of `size` bytes of type `id`; NULL and *err: -ENOENT (no such
 * type), -EINVAL (not a type with values, or larger than size), -E2BIG, -ENOMEM. */
struct lun_plan *lun_btf_plan(const struct btf *btf, uint32_t id, uint32_t size, int *err);
/* Whether an enum has values below 0, also by compilers that didn't say so. */
bool lun_btf_enum_signed(const struct btf *btf, const struct btf_type *t);
/* Adds the type to a plan that is being built, `offset` bytes into the open container. */
int lun_btf_add(struct lun_plan *plan, const struct btf *btf, uint32_t id, uint32_t offset,
	uint32_t size, const char *name);
