#pragma once
/*
 * One BPF instruction as text, in the kernel verifier's notation (what `bpftool prog dump
 * xlated` prints), complete to ISA v4. The caller supplies the names of helpers, maps and
 * functions, which an immediate only numbers.
 */
#include <linux/bpf.h>

#include "text/out.h"

/* Pseudo sources and forms that older headers lack; values are the kernel's. */
enum {
	LUN_PSEUDO_MAP_IDX = 5,
	LUN_PSEUDO_MAP_IDX_VALUE = 6,
	LUN_PSEUDO_BTF_ID = 3,
	LUN_PSEUDO_FUNC = 4,
	LUN_MODE_MEMSX = 0x80,
	LUN_OP_JCOND = 0xe0,
	LUN_ATOMIC_LOAD_ACQ = 0x100,
	LUN_ATOMIC_STORE_REL = 0x110,
};

struct lun_disasm_names {
	/* Name of what a call instruction calls, written into out; writes nothing when unknown. */
	void (*call)(void *ctx, const struct bpf_insn *insn, struct lun_out *out);
	void *ctx;
};

/* Writes the instruction at insn; the wide form reads insn[1] too. names may be NULL. */
void lun_disasm(
	struct lun_out *out, const struct bpf_insn *insn, const struct lun_disasm_names *names);

/* "bpf_map_lookup_elem" for 1; NULL for a number that these headers do not know. */
const char *lun_helper_name(int32_t id);

/* Whether it takes two slots (BPF_LD | BPF_DW | BPF_IMM). */
bool lun_insn_is_wide(const struct bpf_insn *insn);

/* The effect of an instruction on control flow. */
enum lun_flow {
	LUN_FLOW_NEXT,   /* goes on to the next one (calls too) */
	LUN_FLOW_JUMP,   /* always goes to the target */
	LUN_FLOW_BRANCH, /* to the target, or on to the next one */
	LUN_FLOW_EXIT,   /* leaves the function */
	LUN_FLOW_TABLE,  /* jumps to a register's address */
};

/* For JUMP and BRANCH, *target becomes the index it goes to when insn stands at index at. */
enum lun_flow lun_insn_flow(const struct bpf_insn *insn, long at, long *target);
