#pragma once
/*
 * The code of a loaded program as the kernel gives it out: translated instructions, native
 * code, functions with their names, source lines from BTF. One struct owns it all; nothing
 * in it changes after it is read. Unknown parts (no BTF, not compiled to native code) are
 * empty, not errors.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;

struct lun_code_func {
	const char *name; /* from BTF, else the program's name, else "" */
	uint32_t start;   /* index of its first instruction */
	uint32_t count;   /* slots; the second half of a wide instruction counts */
	uint64_t address; /* of its native code, 0 when unknown */
	uint32_t jited_len;
	uint32_t jited_start; /* offset of its native code in jited */
};

struct lun_code_line {
	uint32_t insn;    /* the first instruction that the line stands for */
	uint64_t address; /* of the native code of that instruction, 0 when unknown */
	const char *file;
	const char *text;
	uint32_t line;
	uint32_t column;
};

struct lun_code {
	struct bpf_prog_info info;
	struct bpf_insn *insns;
	uint32_t count;
	unsigned char *jited;
	uint32_t jited_len;
	struct lun_code_func *funcs;
	uint32_t nr_funcs;
	struct lun_code_line *lines;
	uint32_t nr_lines;
	struct btf *btf; /* owns the strings above; NULL without BTF */
};

/*
 * Reads the code of the program with that id. 0, or -ENOENT (no such program), -EPERM (the
 * kernel shows code to CAP_SYS_ADMIN only), -ENOMEM, …
 */
int lun_code_read(uint32_t prog_id, struct lun_code *code);
void lun_code_free(struct lun_code *code);

/* The function that holds the instruction at index, never NULL for a valid index. */
const struct lun_code_func *lun_code_func_at(const struct lun_code *code, uint32_t index);
/* The source line that stands for it, or NULL. */
const struct lun_code_line *lun_code_line_at(const struct lun_code *code, uint32_t index);
