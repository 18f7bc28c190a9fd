#pragma once
/* Counts that all VMs and streams of the process share, by rule and by what is counted. */

/* Adds to a count, or sets it; returns what it was before. Without memory nothing is kept. */
double lun_count_add(const char *rule, const char *what, double value);
double lun_count_set(const char *rule, const char *what, double value);

/* Calls `found` for each rule that has this count; the lock is not held meanwhile. */
typedef void (*lun_count_fn)(void *arg, const char *rule, double value);
void lun_count_each(const char *what, lun_count_fn found, void *arg);
