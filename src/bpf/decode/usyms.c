#include "bpf/decode/usyms.h"
#include "text/monotonic.h"

#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRESH_SECONDS = 10 };

struct lun_usyms {
	Dwfl *dwfl;
	uint32_t pid;
	time_t read_at;
};

/* Finds no debug information: looking for it might use the network, and symbols suffice. */
static int no_debuginfo(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base,
	const char *file, const char *link, GElf_Word crc, char **debuginfo)
{
	(void)module;
	(void)user;
	(void)name;
	(void)base;
	(void)file;
	(void)link;
	(void)crc;
	(void)debuginfo;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = no_debuginfo,
};

struct lun_usyms *lun_usyms_new(void)
{
	return calloc(1, sizeof(struct lun_usyms));
}

static void forget(struct lun_usyms *syms)
{
	if (syms->dwfl)
		dwfl_end(syms->dwfl);
	syms->dwfl = NULL;
}

void lun_usyms_free(struct lun_usyms *syms)
{
	if (!syms)
		return;
	forget(syms);
	free(syms);
}

static time_t now(void)
{
	return (time_t)(lun_clock_ns(CLOCK_MONOTONIC_COARSE) / 1000000000);
}

/* Reads the mappings of a process. A process that has ended is remembered, too. */
static bool attach(struct lun_usyms *syms, uint32_t pid)
{
	if (syms->pid == pid && syms->read_at && now() - syms->read_at < FRESH_SECONDS)
		return syms->dwfl != NULL;
	forget(syms);
	syms->pid = pid;
	syms->read_at = now();
	syms->dwfl = dwfl_begin(&callbacks);
	if (!syms->dwfl)
		return false;
	if (dwfl_linux_proc_report(syms->dwfl, (pid_t)pid) ||
		dwfl_report_end(syms->dwfl, NULL, NULL))
		forget(syms);
	return syms->dwfl != NULL;
}

static const char *file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

bool lun_usym_name(struct lun_usyms *syms, uint32_t pid, uint64_t address, struct lun_out *out)
{
	Dwfl_Module *module;
	const char *symbol, *path;
	GElf_Off offset = 0;
	Dwarf_Addr start = 0, end = 0;
	GElf_Sym sym;

	if (!pid || !attach(syms, pid))
		return false;
	module = dwfl_addrmodule(syms->dwfl, address);
	if (!module)
		return false;
	path = dwfl_module_info(module, NULL, &start, &end, NULL, NULL, NULL, NULL);
	if (address < start || address >= end) /* libdw accepts any distance */
		return false;
	symbol = dwfl_module_addrinfo(module, address, &offset, &sym, NULL, NULL, NULL);
	if (symbol)
		lun_out_str(out, symbol);
	else
		lun_out_printf(out, "[%s]", path ? file_name(path) : "?");
	if (!symbol)
		offset = address - start;
	if (offset)
		lun_out_printf(out, "+0x%llx", (unsigned long long)offset);
	return true;
}
