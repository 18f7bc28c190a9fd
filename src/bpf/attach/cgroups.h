#pragma once
/*
 * Programs on control groups, over the whole version 2 tree, through any mount of it in any mount
 * namespace. If there is no mount, we mount it where only this process sees it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/out.h"

struct lun_cgroup_prog {
	uint64_t cgroup_id;
	size_t path; /* where the path below the hierarchy's root begins in `text` */
	uint32_t prog_id;
	uint32_t attach_type;
	uint32_t attach_flags;
	bool inherited;   /* attached to an ancestor: from_id */
	uint64_t from_id; /* 0: not visible to us */
	size_t from_path;
};

struct lun_cgroup_progs {
	struct lun_out rows; /* struct lun_cgroup_prog's */
	struct lun_out text; /* paths with their NULs */
};

/*
 * Lists the programs attached to each cgroup. `effective` adds the programs that run for its
 * members because an ancestor has them, with that ancestor. Attach types and cgroups that refuse
 * the query are skipped. 0 or -errno; free the rows in any case.
 */
int lun_cgroup_progs(bool effective, struct lun_cgroup_progs *progs);
void lun_cgroup_progs_free(struct lun_cgroup_progs *progs);
