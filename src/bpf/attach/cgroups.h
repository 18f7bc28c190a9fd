#pragma once
/*
 * Programs on control groups, over the whole version 2 tree, by any mount of it in any mount
 * namespace. Where there is none, it is mounted for this process alone, out of everyone's sight.
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
	bool inherited;   /* an ancestor has it, which is: */
	uint64_t from_id; /* 0: out of our sight */
	size_t from_path;
};

struct lun_cgroup_progs {
	struct lun_out rows; /* struct lun_cgroup_prog's */
	struct lun_out text; /* paths with their NULs */
};

/*
 * What is attached to each cgroup; `effective` adds what ancestors bring, of all that runs for its
 * members, and which ancestor that is. Types and cgroups that refuse the question have nothing to
 * say, and stop nobody else. 0 or -errno; free the rows in any case.
 */
int lun_cgroup_progs(bool effective, struct lun_cgroup_progs *progs);
void lun_cgroup_progs_free(struct lun_cgroup_progs *progs);
