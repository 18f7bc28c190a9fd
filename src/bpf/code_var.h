#pragma once
/* Global variables: what a place in a map's value is called in the program's source. */
#include <stdbool.h>
#include <stdint.h>

#include "text/out.h"

/*
 * Appends the name of what stands at `offset` in the value of the map with that id, down to
 * the field: "stats.bytes", "slots[3]". false, and nothing written, when BTF does not tell.
 */
bool lun_code_var(uint32_t map_id, uint32_t offset, struct lun_out *out);
