#pragma once
/*
 * One program: everything in the kernel's bpf_prog_info, its maps, its full name. The
 * structure is plain data; lun_prog_info_free gives back the list of maps. Functions return
 * 0 or -errno.
 */
#include <linux/bpf.h>

#include "bpf/object/object.h"

enum { LUN_PROG_NAME_LEN = 128, LUN_PROG_MAPS_INLINE = 64 };

struct lun_prog_info {
	struct bpf_prog_info k;       /* its pointers are ours, and cleared */
	char name[LUN_PROG_NAME_LEN]; /* the function's name, also where the kernel cut it */
	uint32_t map_ids[LUN_PROG_MAPS_INLINE];
	uint32_t *maps; /* k.nr_map_ids of them: map_ids, or memory of its own */
	struct lun_fdinfo fd;
};

/* Also reads the descriptor's fdinfo (memlock, orphaned). Free it on success. */
int lun_prog_info(int fd, struct lun_prog_info *info);
void lun_prog_info_free(struct lun_prog_info *info);

/* Ids of the programs of this name (the full one, or as the kernel cuts it), at most `max`;
 * returns how many there are, or -errno. */
int lun_prog_find(const char *name, uint32_t *ids, int max);

/* Only the kernel's counters of a program, for frequent sampling. */
struct lun_prog_count {
	uint64_t time_ns;
	uint64_t runs;
	uint64_t misses;
};
int lun_prog_count(int fd, struct lun_prog_count *count);

/*
 * The name of the program's main function by its BTF, for names of 15 characters, where the
 * kernel may have cut. Remembered by id, since names never change. `name` holds the
 * kernel's, and stays so when there is nothing better.
 */
void lun_prog_full_name(int fd, const struct bpf_prog_info *k, char name[LUN_PROG_NAME_LEN]);
