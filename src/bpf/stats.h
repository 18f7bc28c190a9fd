#pragma once
/* The kernel's run-time statistics of programs, on for as long as the descriptor is open. */

/* A descriptor, or -errno; on kernels without BPF_ENABLE_STATS (before 5.8) -EINVAL. */
int lun_stats_open(void);
