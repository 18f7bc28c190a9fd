#include "bpf/code/elf_symbol.h"

#include "bpf/code/elf_file.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_SEGMENTS = 128 }; /* that are looked at: the file is foreign */

/* The loadable segment in which an address or an offset of the file lies. */
static bool segment_of(Elf *elf, uint64_t at, bool by_address, GElf_Phdr *segment)
{
	size_t n = 0;

	elf_getphdrnum(elf, &n);
	for (size_t i = 0; i < n && i < MAX_SEGMENTS; i++) {
		uint64_t from;

		if (!gelf_getphdr(elf, (int)i, segment) || segment->p_type != PT_LOAD)
			continue;
		from = by_address ? segment->p_vaddr : segment->p_offset;
		if (at >= from && at - from < segment->p_filesz)
			return true;
	}
	return false;
}

/* The virtual address of a file offset. */
static bool address_of(Elf *elf, uint64_t offset, uint64_t *address)
{
	GElf_Phdr segment;

	if (!segment_of(elf, offset, false, &segment))
		return false;
	*address = segment.p_vaddr + (offset - segment.p_offset);
	return true;
}

bool lun_elf_offset(Elf *elf, uint64_t address, uint64_t *offset)
{
	GElf_Phdr segment;

	if (!segment_of(elf, address, true, &segment))
		return false;
	*offset = segment.p_offset + (address - segment.p_vaddr);
	return true;
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

/*
 * The path as a process sees it: from its root directory (absolute symbolic links, too), or from
 * its working directory. The same path in our namespace may be another file.
 */
static int open_as(uint32_t pid, const char *path)
{
	bool absolute = path[0] == '/';
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = absolute ? RESOLVE_IN_ROOT : 0,
	};
	char place[32];
	int dir, fd;

	snprintf(place, sizeof(place), "/proc/%u/%s", pid, absolute ? "root" : "cwd");
	dir = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
	close(dir);
	return fd;
}

/* Opens the path as the process sees it, or as we see it. Only regular files: the path is foreign
 * and may name a device. */
static int open_regular(uint32_t pid, const char *path)
{
	int fd = pid ? open_as(pid, path) : -1;
	struct stat st;

	if (fd < 0 && pid && path[0] != '/')
		return -ENOENT;
	if (fd < 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

struct lun_elf lun_elf_open(uint32_t pid, const char *path)
{
	struct lun_elf object = { .fd = open_regular(pid, path), .err = -EINVAL };

	if (object.fd < 0) {
		object.err = object.fd;
		return object;
	}
	elf_version(EV_CURRENT);
	object.elf = elf_begin(object.fd, ELF_C_READ_MMAP, NULL);
	if (object.elf && elf_kind(object.elf) == ELF_K_ELF)
		object.err = 0;
	return object;
}

void lun_elf_close(struct lun_elf *object)
{
	elf_end(object->elf);
	if (object->fd >= 0)
		close(object->fd);
}

int lun_elf_symbol(
	uint32_t pid, const char *path, uint64_t offset, char *name, size_t size, uint64_t *within)
{
	struct lun_elf object = lun_elf_open(pid, path);
	int err = object.err;

	if (!err)
		err = search(object.elf, offset, name, size, within);
	lun_elf_close(&object);
	return err;
}

int lun_elf_build_id(uint32_t pid, const char *path, uint8_t *id, size_t size)
{
	struct lun_elf object = lun_elf_open(pid, path);
	const void *bytes = NULL;
	ssize_t len = object.err ? 0 : dwelf_elf_gnu_build_id(object.elf, &bytes);
	int err = object.err ? object.err : len > 0 && (size_t)len <= size ? 0 : -ENOENT;

	if (!err) {
		memset(id, 0, size);
		memcpy(id, bytes, (size_t)len);
	}
	lun_elf_close(&object);
	return err;
}

Elf_Scn *lun_elf_section(Elf *elf, const char *name, GElf_Shdr *head)
{
	Elf_Scn *section = NULL;
	const char *found;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		found = gelf_getshdr(section, head) ? elf_strptr(elf, names, head->sh_name) : NULL;
		if (found && !strcmp(found, name))
			return section;
	}
	return NULL;
}

/*
 * Reads a SystemTap note of a probe: its address, the address of .stapsdt.base at link time, its
 * semaphore, then the provider, the name and the arguments. Addresses have 64 bits.
 */
static bool is_probe(
	const char *note, size_t len, uint64_t address, uint64_t base, char *name, size_t size)
{
	const size_t head = 3 * sizeof(uint64_t);
	uint64_t fields[3];
	size_t provider, rest;

	if (len <= head)
		return false;
	memcpy(fields, note, head);
	if (base)
		fields[0] += base - fields[1];
	provider = strnlen(note + head, len - head);
	rest = head + provider + 1;
	if (fields[0] != address || rest >= len || strnlen(note + rest, len - rest) == len - rest)
		return false;
	snprintf(name, size, "%s:%s", note + head, note + rest);
	return true;
}

static int search_probes(Elf *elf, uint64_t offset, char *name, size_t size)
{
	enum { PROBE = 3 };
	uint64_t address, base = 0;
	size_t at = 0, next, text, data_at;
	GElf_Shdr head;
	Elf_Data *data;
	GElf_Nhdr note;
	Elf_Scn *notes;

	if (lun_elf_section(elf, ".stapsdt.base", &head))
		base = head.sh_addr;
	notes = lun_elf_section(elf, ".note.stapsdt", &head);
	data = notes ? elf_getdata(notes, NULL) : NULL;
	if (!data || gelf_getclass(elf) != ELFCLASS64 || !address_of(elf, offset, &address))
		return -ENOENT;
	while ((next = gelf_getnote(data, at, &note, &text, &data_at))) {
		if (note.n_type == PROBE &&
			is_probe((char *)data->d_buf + data_at, note.n_descsz, address, base, name,
				size))
			return 0;
		at = next;
	}
	return -ENOENT;
}

int lun_elf_probe(uint32_t pid, const char *path, uint64_t offset, char *name, size_t size)
{
	struct lun_elf object = lun_elf_open(pid, path);
	int err = object.err;

	if (!err)
		err = search_probes(object.elf, offset, name, size);
	lun_elf_close(&object);
	return err;
}
