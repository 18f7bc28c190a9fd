#pragma once
/* The kernel's run-time statistics of programs, on for as long as the descriptor is open. */

/* A descriptor, or -errno; on kernels without BPF_ENABLE_STATS (before 5.8) -EINVAL. */
int lun_stats_open(void);
/*
 * What the statistics add to each run of a program: the difference that they make to one of our
 * own that does nothing, in seconds. Takes some ten milliseconds. 0 or -errno: -EBUSY when
 * somebody else has them on, so that there is nothing to compare with.
 */
int lun_stats_cost(double *seconds);
