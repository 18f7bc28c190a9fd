#include "bpf/code/native.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
enum { ARCH = CS_ARCH_X86, MODE = CS_MODE_64 };
#elif defined(__aarch64__)
enum { ARCH = CS_ARCH_ARM64, MODE = CS_MODE_ARM };
#else
enum { ARCH = -1, MODE = 0 };
#endif

struct lun_native {
	csh handle;
	cs_insn *insn;
	const uint8_t *code;
	size_t len;
	uint64_t address;
};

static bool is_jump(csh handle, const cs_insn *insn)
{
	return cs_insn_group(handle, insn, CS_GRP_CALL) || cs_insn_group(handle, insn, CS_GRP_JUMP);
}

/* The immediate operand of a call or jump is its target. */
static uint64_t jump_target(csh handle, const cs_insn *insn)
{
	if (!insn->id || !is_jump(handle, insn))
		return 0;
#if defined(__x86_64__)
	for (int i = 0; i < insn->detail->x86.op_count; i++) {
		if (insn->detail->x86.operands[i].type == X86_OP_IMM)
			return (uint64_t)insn->detail->x86.operands[i].imm;
	}
#elif defined(__aarch64__)
	for (int i = insn->detail->arm64.op_count - 1; i >= 0; i--) {
		if (insn->detail->arm64.operands[i].type == ARM64_OP_IMM)
			return (uint64_t)insn->detail->arm64.operands[i].imm;
	}
#endif
	return 0;
}

static int start(struct lun_native *walk, enum lun_native_syntax syntax)
{
	if (cs_open((cs_arch)ARCH, (cs_mode)MODE, &walk->handle))
		return -ENOTSUP;
	cs_option(walk->handle, CS_OPT_SKIPDATA, CS_OPT_ON);
	cs_option(walk->handle, CS_OPT_DETAIL, CS_OPT_ON);
	if (syntax == LUN_SYNTAX_ATT)
		cs_option(walk->handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	walk->insn = cs_malloc(walk->handle);
	return walk->insn ? 0 : -ENOMEM;
}

int lun_native_open(struct lun_native **walk, const uint8_t *code, size_t len, uint64_t address,
	enum lun_native_syntax syntax)
{
	struct lun_native *w = calloc(1, sizeof(*w));
	int err = w ? start(w, syntax) : -ENOMEM;

	*walk = NULL;
	if (err) {
		lun_native_close(w);
		return err;
	}
	w->code = code;
	w->len = len;
	w->address = address;
	*walk = w;
	return 0;
}

bool lun_native_next(struct lun_native *walk, struct lun_native_insn *insn)
{
	const uint8_t *bytes = walk->code;
	cs_insn *at = walk->insn;

	if (!walk->len ||
		!cs_disasm_iter(walk->handle, &walk->code, &walk->len, &walk->address, at))
		return false;
	*insn = (struct lun_native_insn){
		.address = at->address,
		.bytes = bytes,
		.size = at->size,
		.mnemonic = at->mnemonic,
		.operands = at->op_str,
		.target = jump_target(walk->handle, at),
	};
	return true;
}

void lun_native_close(struct lun_native *walk)
{
	if (!walk)
		return;
	if (walk->insn)
		cs_free(walk->insn, 1);
	if (walk->handle)
		cs_close(&walk->handle);
	free(walk);
}

void lun_native_library(char *text, size_t size)
{
	int major, minor;

	cs_version(&major, &minor);
	snprintf(text, size, "capstone %d.%d", major, minor);
}

const char *lun_native_arch(void)
{
#if defined(__x86_64__)
	return "x86_64";
#elif defined(__aarch64__)
	return "aarch64";
#else
	return "unknown";
#endif
}
