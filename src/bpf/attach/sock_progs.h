#pragma once
/* Programs on socket maps: parsers and verdicts, which only the map itself can tell. */
#include <stdint.h>

#include "text/out.h"

struct lun_sock_prog {
	uint32_t map_id;
	uint32_t prog_id;
	uint32_t attach_type;
};

/* Appends struct lun_sock_prog's of every sockmap and sockhash. 0 or -errno; -ENOTSUP where there
 * are such maps and the kernel does not tell (before Linux 5.18). */
int lun_sock_progs(struct lun_out *rows);
/* The same of one map: none when it is of another type, or gone. */
int lun_sock_progs_of(uint32_t map_id, struct lun_out *rows);
