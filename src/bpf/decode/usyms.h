#pragma once
/*
 * Symbols of processes: finds the function, and the program or library, at an address. The symbols
 * of one process are cached until a call names another process. One thread at a time.
 */
#include <stdbool.h>
#include <stdint.h>

#include "text/out.h"

struct lun_usyms;

struct lun_usyms *lun_usyms_new(void);
void lun_usyms_free(struct lun_usyms *syms);
/* Appends "function+0x1f", or "[libc.so.6]+0x1f" where the function has no name; false when
 * the process is gone or has nothing mapped there. */
bool lun_usym_name(struct lun_usyms *syms, uint32_t pid, uint64_t address, struct lun_out *out);
