#include "bpf/elf_symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The virtual address of what the file has at an offset, by the loadable segments. */
static bool address_of(Elf *elf, uint64_t offset, uint64_t *address)
{
	GElf_Phdr segment;
	size_t n = 0;

	elf_getphdrnum(elf, &n);
	for (size_t i = 0; i < n; i++) {
		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD)
			continue;
		if (offset < segment.p_offset || offset - segment.p_offset >= segment.p_filesz)
			continue;
		*address = segment.p_vaddr + (offset - segment.p_offset);
		return true;
	}
	return false;
}

static bool covers(const GElf_Sym *sym, uint64_t address)
{
	int type = GELF_ST_TYPE(sym->st_info);

	if (type != STT_FUNC && type != STT_GNU_IFUNC)
		return false;
	return address >= sym->st_value &&
		address - sym->st_value < (sym->st_size ? sym->st_size : 1);
}

static bool search_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *head, uint64_t address,
	char *name, size_t size, uint64_t *within)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data && head->sh_entsize ? data->d_size / head->sh_entsize : 0;
	const char *text;
	GElf_Sym sym;

	for (size_t i = 0; i < n; i++) {
		if (!gelf_getsym(data, (int)i, &sym) || !covers(&sym, address))
			continue;
		text = elf_strptr(elf, head->sh_link, sym.st_name);
		if (!text || !*text)
			continue;
		snprintf(name, size, "%s", text);
		*within = address - sym.st_value;
		return true;
	}
	return false;
}

static int search(Elf *elf, uint64_t offset, char *name, size_t size, uint64_t *within)
{
	Elf_Scn *section = NULL;
	uint64_t address;
	GElf_Shdr head;

	if (!address_of(elf, offset, &address))
		return -ENOENT;
	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &head) &&
			(head.sh_type == SHT_SYMTAB || head.sh_type == SHT_DYNSYM) &&
			search_table(elf, section, &head, address, name, size, within))
			return 0;
	return -ENOENT;
}

/* Only regular files: a path that somebody else wrote may lead anywhere. */
static int open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

int lun_elf_symbol(const char *path, uint64_t offset, char *name, size_t size, uint64_t *within)
{
	int fd = open_regular(path), err = -EINVAL;
	Elf *elf;

	if (fd < 0)
		return fd;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		err = search(elf, offset, name, size, within);
	elf_end(elf);
	close(fd);
	return err;
}
