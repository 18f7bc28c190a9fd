#pragma once
/*
 * Which program is in which slot of the program arrays (tail calls): by one walk inside the
 * kernel, or, where it takes no such iterator (before Linux 5.17), by a lookup a slot.
 */
#include <stdbool.h>

#include "probes/slots.h"
#include "text/out.h"

/* Appends a struct lun_slot_record for each slot that has a program, of one map or (0) of all;
 * a map that is no program array, or is gone, has none. `lookup` does without the iterator. 0 or
 * -errno. */
int lun_prog_slots(uint32_t map_id, bool lookup, struct lun_out *out);
