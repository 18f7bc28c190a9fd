#pragma once
/* Counts that all VMs and streams of the process share, by rule and by what is counted. */

/* Adds to a count, or sets it; returns what it was before. Without memory nothing is kept. */
double lun_count_add(const char *rule, const char *what, double value);
double lun_count_set(const char *rule, const char *what, double value);
