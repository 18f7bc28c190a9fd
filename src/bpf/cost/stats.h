#pragma once
/* The kernel's run-time statistics of programs, on for as long as the descriptor is open. */

/* A descriptor, or -errno; on kernels without BPF_ENABLE_STATS (before 5.8) -EINVAL. */
int lun_stats_open(void);
/*
 * Measures the seconds that run-time statistics add to each run of a program, by an empty program
 * of our own with and without them. Takes some ten milliseconds. 0 or -errno; -EBUSY: another
 * process has them on, so that a run without them can't be measured.
 */
int lun_stats_cost(double *seconds);
