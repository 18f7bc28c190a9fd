#include "bpf/code/elf_functions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/code/elf_file.h"
#include "bpf/code/native.h"

/* The file is foreign: what it says of itself is bounded, so that no file takes long. */
enum { MAX_FUNCTION = 1 << 20, MAX_FUNCTIONS = 1 << 22 };

struct telling {
	Elf *elf;
	lun_elf_function_fn fn;
	void *user;
	bool any;
	uint32_t left; /* functions that are still looked at */
};

/* Whether to go on. */
static bool tell(struct telling *t, const char *name, uint64_t address, uint64_t size)
{
	struct lun_elf_function function = { name, 0, size };

	if (!t->left--)
		return false;
	if (!name || !*name || !lun_elf_offset(t->elf, address, &function.offset))
		return true;
	t->any = true;
	return t->fn(t->user, &function);
}

static bool tell_symbols(struct telling *t, Elf_Scn *section, const GElf_Shdr *head)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data && head->sh_entsize ? data->d_size / head->sh_entsize : 0;
	GElf_Sym sym;

	for (size_t i = 0; i < n; i++) {
		if (!gelf_getsym(data, (int)i, &sym) || sym.st_shndx == SHN_UNDEF ||
			GELF_ST_TYPE(sym.st_info) != STT_FUNC)
			continue;
		if (!tell(t, elf_strptr(t->elf, head->sh_link, sym.st_name), sym.st_value,
			    sym.st_size))
			return false;
	}
	return true;
}

/* The symbols of one kind of table. */
static bool tell_tables(struct telling *t, GElf_Word type)
{
	Elf_Scn *section = NULL;
	GElf_Shdr head;

	while ((section = elf_nextscn(t->elf, section))) {
		if (gelf_getshdr(section, &head) && head.sh_type == type &&
			!tell_symbols(t, section, &head))
			return false;
	}
	return true;
}

/* The table .gopclntab, of Go 1.16 on: little-endian, addresses of 64 bits. */
struct go_table {
	const uint8_t *data;
	size_t len;
	uint64_t count, text;
	uint64_t names, functions; /* where they begin in the table */
	size_t word;               /* bytes of a number in the list of functions */
};

static const uint32_t GO_1_16 = 0xfffffffa, GO_1_18 = 0xfffffff0, GO_1_20 = 0xfffffff1;

static uint64_t number_at(const struct go_table *t, uint64_t at, size_t size)
{
	uint64_t number = 0;

	if (at <= t->len && t->len - at >= size)
		memcpy(&number, t->data + at, size);
	return number;
}

static bool read_go_head(Elf *elf, struct go_table *t)
{
	enum { COUNT = 8, NEW_TEXT = 24, WORD = 8, POINTER_SIZE = 7 };
	uint64_t magic = number_at(t, 0, 4);
	bool newer = magic == GO_1_18 || magic == GO_1_20;
	GElf_Shdr text;

	if ((!newer && magic != GO_1_16) || number_at(t, POINTER_SIZE, 1) != WORD)
		return false;
	t->count = number_at(t, COUNT, WORD);
	t->word = newer ? 4 : WORD;
	t->text = newer ? number_at(t, NEW_TEXT, WORD) : 0;
	t->names = number_at(t, newer ? 32 : 24, WORD);
	t->functions = number_at(t, newer ? 64 : 56, WORD);
	/* A newer linker leaves the address to the section. */
	if (newer && !t->text && lun_elf_section(elf, ".text", &text))
		t->text = text.sh_addr;
	return t->count < t->len;
}

static const char *go_name(const struct go_table *t, uint64_t at)
{
	if (at >= t->len || !memchr(t->data + at, 0, t->len - at))
		return NULL;
	return (const char *)t->data + at;
}

static void tell_go_functions(struct telling *go, const struct go_table *t)
{
	for (uint64_t i = 0; i < t->count; i++) {
		uint64_t at = t->functions + i * 2 * t->word;
		uint64_t entry = number_at(t, at, t->word);
		uint64_t end = number_at(t, at + 2 * t->word, t->word);
		uint64_t about = t->functions + number_at(t, at + t->word, t->word);
		uint64_t name = t->names + number_at(t, about + t->word, 4);

		if (!tell(go, go_name(t, name), t->text + entry, end > entry ? end - entry : 0))
			return;
	}
}

static void tell_go(struct telling *t)
{
	struct go_table table = { 0 };
	GElf_Shdr head;
	Elf_Scn *section = lun_elf_section(t->elf, ".gopclntab", &head);
	Elf_Data *data;

	if (!section)
		section = lun_elf_section(t->elf, ".data.rel.ro.gopclntab", &head);
	data = section ? elf_rawdata(section, NULL) : NULL;
	if (!data || !data->d_buf)
		return;
	table.data = data->d_buf;
	table.len = data->d_size;
	if (read_go_head(t->elf, &table))
		tell_go_functions(t, &table);
}

int lun_elf_functions(uint32_t pid, const char *path, lun_elf_function_fn fn, void *user)
{
	struct lun_elf object = lun_elf_open(pid, path);
	struct telling t = { object.elf, fn, user, false, MAX_FUNCTIONS };
	int err = object.err;

	if (!err) {
		bool more = tell_tables(&t, SHT_SYMTAB);

		if (more && !t.any)
			tell_go(&t);
		if (more && !t.any)
			tell_tables(&t, SHT_DYNSYM);
		err = t.any ? 0 : -ENOENT;
	}
	lun_elf_close(&object);
	return err;
}

static bool returns(const struct lun_native_insn *insn)
{
	return !strncmp(insn->mnemonic, "ret", 3) || !strcmp(insn->mnemonic, "repz ret") ||
		!strcmp(insn->mnemonic, "bnd ret");
}

static int find_returns(const uint8_t *code, size_t len, uint64_t offset, struct lun_out *out)
{
	struct lun_native_insn insn;
	struct lun_native *walk;
	uint64_t at = offset;
	int err = lun_native_open(&walk, code, len, offset, LUN_SYNTAX_INTEL);

	while (!err && lun_native_next(walk, &insn)) {
		at = insn.address;
		if (returns(&insn))
			lun_out_mem(out, &at, sizeof(at));
	}
	lun_native_close(walk);
	return err ? err : out->err;
}

int lun_elf_returns(
	uint32_t pid, const char *path, uint64_t offset, uint64_t size, struct lun_out *out)
{
	struct lun_elf object = lun_elf_open(pid, path);
	int err = object.err ? object.err : size > MAX_FUNCTION ? -EFBIG : 0;
	uint8_t *code = err ? NULL : malloc(size + 1);

	if (!err && !code)
		err = -ENOMEM;
	if (!err && pread(object.fd, code, size, (off_t)offset) != (ssize_t)size)
		err = -EIO;
	if (!err)
		err = find_returns(code, size, offset, out);
	free(code);
	lun_elf_close(&object);
	return err;
}
