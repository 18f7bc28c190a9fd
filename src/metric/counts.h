#pragma once
/* Counters shared by all VMs and streams of the process, by rule and `what`, the counter's name. */

/* Adds to a counter, or sets it; returns the value before. When memory is short, nothing is
 * kept. */
double lun_count_add(const char *rule, const char *what, double value);
double lun_count_set(const char *rule, const char *what, double value);

/* Calls `found` for each rule that has this count; the lock is not held meanwhile. */
typedef void (*lun_count_fn)(void *arg, const char *rule, double value);
void lun_count_each(const char *what, lun_count_fn found, void *arg);
