#pragma once
/*
 * Full names of maps. The kernel keeps 15 characters; the whole name is in the BTF of the map or of
 * a program that uses it, or is the last part of a pin's path.
 */
#include "bpf/object/declared.h"
#include "bpf/object/map_list.h"

enum { LUN_MAP_NAME_CUT = BPF_OBJ_NAME_LEN - 1 }; /* a name of this length may go on */

/*
 * Fills in full_name of `n` maps, which are in the order of their ids. Where several declarations
 * begin alike, the other maps of the same object are needed to tell them apart: `all` says that
 * the list holds every map. Returns how many names wait for a list of every map.
 */
size_t lun_map_names(struct lun_map_facts *list, size_t n, bool all);

/* Whether a map can be the one that is declared so in the BTF object `btf_id`. */
bool lun_map_is_declared(
	const struct lun_declared *declared, const struct bpf_map_info *info, uint32_t btf_id);
