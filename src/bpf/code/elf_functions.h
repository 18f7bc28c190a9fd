#pragma once
/* The functions of an executable or library: by its symbols, or by the table that Go's runtime
 * has of its own functions, which is there in stripped files, too. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/out.h"

struct lun_elf_function {
	const char *name; /* until the next one */
	uint64_t offset;  /* in the file */
	uint64_t size;    /* bytes; 0: not known */
};

/* Whether to go on. */
typedef bool (*lun_elf_function_fn)(void *user, const struct lun_elf_function *function);

/* All functions, as process `pid` (0: we) sees the file. 0; -ENOENT: neither symbols nor a table of
 * Go's; or -errno. */
int lun_elf_functions(uint32_t pid, const char *path, lun_elf_function_fn fn, void *user);
/* Appends to `out` the file offsets (uint64_t) of the instructions by which the function returns.
 * 0; -ENOTSUP: the disassembler does not know this machine; -EBADMSG: bytes there are no
 * instruction; or -errno. */
int lun_elf_returns(
	uint32_t pid, const char *path, uint64_t offset, uint64_t size, struct lun_out *out);
