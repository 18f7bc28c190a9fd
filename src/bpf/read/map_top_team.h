#pragma once
/*
 * The first rows of a large map by several threads: each selects from ranges of the map, and what
 * they found is merged. Only where all rows of the limit fit into the memory of each thread, so
 * that no thread drops a row of the result.
 */
#include "bpf/read/map_top.h"

/* How many threads; one where a Lua function makes a cell or a test. */
uint32_t lun_map_top_threads(const struct lun_map_top *sel);
/* Begins after the batch that `ahead` has read without a thread. 0 or -errno. */
int lun_map_top_team_open(struct lun_map_top *sel);
void lun_map_top_team_close(struct lun_map_top *sel);
/* Waits for another range; merges after the last. 1: more follow, 0: done, or -errno. */
int lun_map_top_team_step(struct lun_map_top *sel);
