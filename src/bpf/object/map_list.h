#pragma once
/*
 * The kernel's facts on one map or on all maps. Most facts never change, so lists of many maps are
 * cached. One walk inside the kernel reports which maps still exist and the facts that may change;
 * a known map is not opened again.
 */
#include <linux/bpf.h>

#include "bpf/object/declared.h"
#include "bpf/object/object.h"
#include "text/out.h"

struct lun_map_facts {
	struct bpf_map_info info;
	struct lun_fdinfo fd;
	/* As the program declares it; "" where the kernel cut it and nothing else has it. */
	char full_name[LUN_MAP_NAME_LEN];
};

/* -ENOENT when there is none. */
int lun_map_facts(uint32_t id, struct lun_map_facts *facts);
/* The facts of an open map; needs no privilege. */
int lun_map_facts_fd(int fd, struct lun_map_facts *facts);
/* Appends a struct lun_map_facts for each map, by id; maps that go away meanwhile are left out. */
int lun_map_list(struct lun_out *out);
/* The same for the maps in `ids` only; sorts the ids. */
int lun_map_some(uint32_t *ids, size_t nr, struct lun_out *out);
/* Appends the id of each map, a uint32_t. */
int lun_map_ids(struct lun_out *out);
