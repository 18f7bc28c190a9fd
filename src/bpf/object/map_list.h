#pragma once
/*
 * What the kernel tells of maps: of one, or of all. Most of it never changes: of a crowd it is
 * remembered from list to list, and one walk inside the kernel says which maps are still there and
 * what of them may be different: nothing is opened for a map that is known.
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
/* Of one that is open, which takes no privilege. */
int lun_map_facts_fd(int fd, struct lun_map_facts *facts);
/* Appends a struct lun_map_facts a map, by id; those that go away meanwhile are left out. */
int lun_map_list(struct lun_out *out);
/* The same of those alone that are asked for; puts the ids in their order. */
int lun_map_some(uint32_t *ids, size_t nr, struct lun_out *out);
/* Appends the id of each, a uint32_t. */
int lun_map_ids(struct lun_out *out);
