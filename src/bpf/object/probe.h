#pragma once
/* Tests whether the kernel supports a feature: creates an object that uses it and closes it at
 * once. */
#include <stdint.h>

/* 1: the kernel has it; 0: it does not; -errno: unknown. Our own code tests types newer than the
 * library, or returns -EOPNOTSUPP. */
int lun_probe_prog(uint32_t type);
int lun_probe_map(uint32_t type);
/* Whether programs of a type may call a helper. */
int lun_probe_helper(uint32_t prog_type, uint32_t helper);
/* Whether programs can be attached to kernel functions by trampoline (fentry, LSM, freplace). */
int lun_probe_trampoline(void);
/* Whether maps can be read by batch. */
int lun_probe_batch(void);
