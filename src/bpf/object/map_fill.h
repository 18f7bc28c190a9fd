#pragma once
/*
 * How many entries every map has, counted inside the kernel: one read of an iterator, however
 * full the maps are. Types without a count in the kernel are left out.
 */
#include "probes/fill.h"
#include "text/out.h"

/* Appends a struct lun_fill_record a map. 0, or -errno where iterators can't be loaded. */
int lun_map_fill(struct lun_out *out);
/* The count of one map of that type; -ENOENT when the kernel keeps none. */
int lun_map_fill_one(uint32_t id, uint32_t type, uint64_t *count);
/* Appends a struct lun_there_record for each map that there is. */
int lun_map_there(struct lun_out *out);
