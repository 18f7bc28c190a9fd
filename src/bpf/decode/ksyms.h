#pragma once
/*
 * The kernel's symbols from /proc/kallsyms, read once when first asked for and kept for the
 * process; programs loaded later are found by reading again, at most once a second.
 */
#include <stdbool.h>
#include <stdint.h>

#include "text/out.h"

/* Appends "symbol" or "symbol+0x1f"; false when the address is in none (or they are hidden). */
bool lun_ksym_name(uint64_t address, struct lun_out *out);
/* The address of a symbol, or 0. */
uint64_t lun_ksym_address(const char *name);
