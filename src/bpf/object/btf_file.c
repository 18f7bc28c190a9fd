#include "bpf/object/btf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 512 << 20 };

/* True for sections whose bytes libbpf reads without checking that there are any. */
static bool must_have_bytes(const char *name)
{
	static const char *const names[] = { ".BTF", ".BTF.ext", ".maps", "maps", "license",
		"version" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static int read_section(Elf *elf, Elf_Scn *section, struct lun_btf_file *file, char *why)
{
	size_t strings = 0;
	const char *name;
	Elf_Data *data;
	GElf_Shdr head;

	if (!gelf_getshdr(section, &head) || elf_getshdrstrndx(elf, &strings))
		return snprintf(why, LUN_BTF_WHY, "the ELF file's sections can't be read"), -EINVAL;
	name = elf_strptr(elf, strings, head.sh_name);
	if (!name || !must_have_bytes(name))
		return 0;
	data = head.sh_type == SHT_NOBITS ? NULL : elf_rawdata(section, NULL);
	if (!data || (data->d_size && !data->d_buf))
		return snprintf(why, LUN_BTF_WHY, "its section %s has no bytes", name), -EINVAL;
	if (!strcmp(name, ".BTF") && !file->bytes.len)
		lun_out_mem(&file->bytes, data->d_buf, data->d_size);
	if (!strcmp(name, ".BTF.ext") && !file->ext.len)
		lun_out_mem(&file->ext, data->d_buf, data->d_size);
	return file->bytes.err ? file->bytes.err : file->ext.err;
}

static int read_sections(Elf *elf, struct lun_btf_file *file, char *why)
{
	int class = gelf_getclass(elf), err = 0;
	Elf_Scn *section = NULL;

	file->pointer_size = class == ELFCLASS32 ? 4 : class == ELFCLASS64 ? 8 : 0;
	while (!err && (section = elf_nextscn(elf, section)))
		err = read_section(elf, section, file, why);
	return err;
}

static int read_elf(int fd, struct lun_btf_file *file, char *why)
{
	Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	int err;

	if (!elf || elf_kind(elf) != ELF_K_ELF) {
		snprintf(why, LUN_BTF_WHY, "the ELF file can't be read");
		err = -EINVAL;
	} else {
		err = read_sections(elf, file, why);
	}
	elf_end(elf);
	return err;
}

static int read_raw(int fd, struct lun_out *bytes)
{
	ssize_t n = 1;
	char *room;

	while (n > 0 && bytes->len <= FILE_MAX && (room = lun_out_reserve(bytes, 1 << 16))) {
		n = read(fd, room, 1 << 16);
		if (n > 0)
			bytes->len += (size_t)n;
	}
	if (n < 0)
		return -errno;
	return bytes->err ? bytes->err : bytes->len > FILE_MAX ? -EFBIG : 0;
}

static int read_open(int fd, struct lun_btf_file *file, char *why)
{
	char magic[SELFMAG];
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return snprintf(why, LUN_BTF_WHY, "it is no regular file"), -EINVAL;
	if (pread(fd, magic, SELFMAG, 0) == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG))
		return read_elf(fd, file, why);
	return read_raw(fd, &file->bytes);
}

int lun_btf_file_read(struct lun_btf_file *file, const char *path, char why[LUN_BTF_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err; /* a pipe has no reader */

	why[0] = 0;
	lun_out_init(&file->bytes);
	lun_out_init(&file->ext);
	file->pointer_size = 0;
	if (fd < 0)
		return -errno;
	err = read_open(fd, file, why);
	close(fd);
	if (err)
		lun_btf_file_free(file);
	return err;
}

void lun_btf_file_free(struct lun_btf_file *file)
{
	lun_out_free(&file->bytes);
	lun_out_free(&file->ext);
}
