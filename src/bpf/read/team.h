#pragma once
/*
 * Threads that read a map together: each takes range after range, and gives the entries of each
 * batch to a function. What that writes comes out in the order of ranges, so that the whole is as
 * one thread would have written it. Signals belong to the program's own threads.
 */
#include "bpf/read/ranges.h"
#include "text/out.h"

enum { LUN_TEAM_MAX = 8 };

struct lun_team;

/* Takes a batch: `member` is the thread's own. 0 or -errno, which ends the walk. */
typedef int (*lun_team_fn)(
	void *member, const struct lun_range *range, uint32_t count, struct lun_out *out);

/* How many threads a walk of this map may have: the CPUs that this process may use, at most
 * LUN_TEAM_MAX; 1 for maps that are small or have no ranges, and while lun_team_alone() says so. */
uint32_t lun_team_size(const struct lun_map *map);
/* Called to know whether others wait for a CPU: then walks have one thread. */
void lun_team_set_alone(bool (*alone)(void));

/* Walks from the position `first` on. members: nr of them, the caller's until the team is closed.
 * `seen` entries came from the positions before `first`. The map stays its owner's. */
int lun_team_open(struct lun_team **team, const struct lun_map *map, uint64_t first, uint64_t seen,
	lun_team_fn fn, void *const *members, uint32_t nr);
/* Ends the threads. Returns how many entries they have read. */
uint64_t lun_team_close(struct lun_team *team);
/* Exchanges `out`, which must be empty, for the text of the next range. 1: more follow, 0: that was
 * the last, or -errno. */
int lun_team_next(struct lun_team *team, struct lun_out *out);
/* Waits for the end of a walk that writes nothing. 0 or -errno. */
int lun_team_wait(struct lun_team *team);
