#pragma once
/* What the running kernel lets us make: asked by making it, and letting it go at once. */
#include <stdint.h>

/* 1 when the kernel has it, 0 when not, -errno when that can't be said. Types that are newer
 * than the library are tried by ourselves, or -EOPNOTSUPP. */
int lun_probe_prog(uint32_t type);
int lun_probe_map(uint32_t type);
/* Whether programs of a type may call a helper. */
int lun_probe_helper(uint32_t prog_type, uint32_t helper);
/* Whether programs can be attached to kernel functions by trampoline (fentry, LSM, freplace). */
int lun_probe_trampoline(void);
/* Whether maps can be read by batch. */
int lun_probe_batch(void);
