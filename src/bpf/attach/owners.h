#pragma once
/*
 * Owners of BPF objects: all processes' open files that are BPF objects, or perf events with a
 * program. Found by our iterator program, or through /proc if that can't be loaded.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/owners.h"
#include "text/out.h"

/* Where the answer came from. */
enum lun_owners_by { LUN_BY_ITERATOR, LUN_BY_PROC };

/*
 * Appends records to `out` (a growing writer: data is an array of struct lun_owner_record, len its
 * bytes). `proc` uses /proc at once, else it is the fallback; *by says which was used. Leaves out
 * descriptors that this process opens only for the scan. 0 or -errno.
 */
int lun_owners(struct lun_out *out, bool proc, enum lun_owners_by *by);

/*
 * Appends records of kind LUN_OWNER_THREAD and then LUN_OWNER_NS: network namespaces of threads,
 * and namespaces of every kind that processes hold open; by iterators alone. 0 or -errno.
 */
int lun_owners_of_namespaces(struct lun_out *out);

/* The result of BPF_TASK_FD_QUERY on a perf event (or raw tracepoint) descriptor. */
struct lun_task_fd {
	uint32_t prog_id;
	uint32_t type;
	char name[256];
	uint64_t probe_offset;
	uint64_t probe_addr;
};

int lun_task_fd(uint32_t pid, uint32_t fd, struct lun_task_fd *info);
