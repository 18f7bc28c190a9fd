#pragma once
/*
 * When series last changed, to leave out unchanged ones: up to half a million series a rule, 20
 * bytes each. A series is identified by a hash. The table's parts grow one by one, so that growing
 * copies little at a time. Locked by the history that owns it.
 */
#include <stdbool.h>
#include <stdint.h>

struct lun_expiry;

/* NULL when memory is short. */
struct lun_expiry *lun_expiry_new(void);
void lun_expiry_free(struct lun_expiry *expiry);
/* Notes the series' content at `now` (seconds since the epoch). Returns for how many seconds the
 * content is unchanged; 0 for a new series, or when there is no room. */
double lun_expiry_note(struct lun_expiry *expiry, uint64_t key, uint64_t content, double now);
/* The same without noting anything. */
double lun_expiry_look(const struct lun_expiry *expiry, uint64_t key, double now);
/* Forgets series not noted since `since`. */
void lun_expiry_sweep(struct lun_expiry *expiry, double since);
