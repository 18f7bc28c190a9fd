#pragma once
/* Executables and libraries, opened to be read. */
#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

/* An open file and its parts; err: why it can't be read, 0 or -errno. */
struct lun_elf {
	int fd;
	Elf *elf;
	int err;
};

/* The file that process `pid` sees by that path; where it sees none (or pid is 0), ours. To be
 * closed also after an error. */
struct lun_elf lun_elf_open(uint32_t pid, const char *path);
void lun_elf_close(struct lun_elf *object);
/* The section of that name and its head; NULL when there is none. */
Elf_Scn *lun_elf_section(Elf *elf, const char *name, GElf_Shdr *head);
/* The file offset of a virtual address; false: no segment of the file holds it. */
bool lun_elf_offset(Elf *elf, uint64_t address, uint64_t *offset);
