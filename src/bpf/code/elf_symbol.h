#pragma once
/* Which function of an executable or library a uprobe sits in. */
#include <stddef.h>
#include <stdint.h>

/*
 * The function at a file offset, as the symbol tables name it: `name`, and in *within how far
 * into it. 0 or -errno; -ENOENT when no symbol covers the place (a stripped file).
 * The file is the one that process `pid` sees by that path; where it sees none (or pid is 0), ours.
 */
int lun_elf_symbol(
	uint32_t pid, const char *path, uint64_t offset, char *name, size_t size, uint64_t *within);

/* The build id of the file, of 20 bytes as most linkers write it: a shorter one is padded with
 * zeros, as the kernel does. 0, -ENOENT, or -errno. */
int lun_elf_build_id(uint32_t pid, const char *path, uint8_t *id, size_t size);

/* The statically defined probe (USDT) at a file offset: "provider:name". 0, -ENOENT, or -errno. */
int lun_elf_probe(uint32_t pid, const char *path, uint64_t offset, char *name, size_t size);
