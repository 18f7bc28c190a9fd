#pragma once
/*
 * Finds files by build id, among the files that this host's processes run now. An unknown id starts
 * a new search, at most one every ten seconds. One thread at a time.
 */
#include <stdbool.h>
#include <stdint.h>

#include "text/out.h"

enum { LUN_BUILD_ID_BYTES = 20 };

struct lun_build_ids;
struct lun_build_ids *lun_build_ids_new(void);
void lun_build_ids_free(struct lun_build_ids *ids);

/* Appends "symbol+0x1f", or the build id and the offset in the file where no symbol is known. */
void lun_build_id_name(
	struct lun_build_ids *ids, const uint8_t *id, uint64_t offset, struct lun_out *out);
