// SPDX-License-Identifier: (MIT OR GPL-2.0)
/* The probe of counters around system calls, for kernels that have no fentry on programs. */
#define LUN_ENTRY "raw_tp/sys_enter"
#define LUN_EXIT "raw_tp/sys_exit"

#include "probes/counters.bpf.c"
