#pragma once
/*
 * Global variables in code: what a place in a map's value is called in the program's source,
 * and which instructions touch it. A walk over a program's instructions in order remembers
 * which registers hold the address of a variable; it forgets all where blocks may join.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#include "text/out.h"

struct btf;

enum { LUN_VAR_MAPS = 8, LUN_VAR_REGS = 11 };

struct lun_code_vars {
	struct {
		uint32_t map_id;
		uint32_t type; /* of the value, 0 when BTF does not tell */
		struct btf *btf;
	} maps[LUN_VAR_MAPS]; /* those asked for last */
	unsigned int next;
	struct {
		bool known;
		uint32_t map_id;
		int64_t offset;
	} regs[LUN_VAR_REGS];
};

/* A zeroed struct is ready to use. */
void lun_code_vars_free(struct lun_code_vars *vars);

/*
 * Takes the next instruction into account and appends the variable that it loads the address
 * of, reads or writes: "stats[1].bytes". `joins` says that other code may jump to it. false,
 * and nothing written, when it touches none that is known.
 */
bool lun_code_vars_step(
	struct lun_code_vars *vars, const struct bpf_insn *insn, bool joins, struct lun_out *out);
