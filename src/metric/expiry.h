#pragma once
/*
 * When series last changed, to leave out those that do not: a rule's half a million of them in
 * 20 bytes each. Series are known by a hash; the table is in parts, which grow one by one, so
 * that little is held twice. Locked by the history that owns it.
 */
#include <stdbool.h>
#include <stdint.h>

struct lun_expiry;

/* NULL when memory is short. */
struct lun_expiry *lun_expiry_new(void);
void lun_expiry_free(struct lun_expiry *expiry);
/* Notes that the series has this content now (seconds since the epoch). Returns since when, in
 * seconds, it has; 0 also of one that is new, or for which there is no room. */
double lun_expiry_note(struct lun_expiry *expiry, uint64_t key, uint64_t content, double now);
/* The same without noting anything. */
double lun_expiry_look(const struct lun_expiry *expiry, uint64_t key, double now);
/* Forgets what was not noted since. */
void lun_expiry_sweep(struct lun_expiry *expiry, double since);
