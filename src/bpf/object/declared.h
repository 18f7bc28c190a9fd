#pragma once
/*
 * The maps that a BTF object declares: the variables of its `.maps` section, with what the
 * declaration says of each map, those of struct_ops, and the sections of global data, of which
 * libbpf makes maps. The kernel keeps 15 characters of a map's name; the variable has the whole
 * name.
 */
#include <bpf/btf.h>
#include <stdbool.h>

#include "text/out.h"

enum { LUN_MAP_NAME_LEN = 128 };

struct lun_declared {
	char name[LUN_MAP_NAME_LEN];
	uint32_t type, max_entries;    /* 0: the declaration does not say */
	uint32_t key_type, value_type; /* BTF types, 0 where only sizes are declared */
	uint32_t key_size, value_size; /* 0: not declared */
	bool section; /* global data: the name is the section's, value_type its type */
};

/* Appends a struct lun_declared a section, and one a map whose name has `min` characters or more:
 * in the order of their section, which is the order in which libbpf creates maps. */
void lun_declared_maps(const struct btf *btf, size_t min, struct lun_out *out);
