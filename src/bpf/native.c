#include "bpf/native.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <stdbool.h>

#if defined(__x86_64__)
enum { ARCH = CS_ARCH_X86, MODE = CS_MODE_64 };
#elif defined(__aarch64__)
enum { ARCH = CS_ARCH_ARM64, MODE = CS_MODE_ARM };
#else
enum { ARCH = -1, MODE = 0 };
#endif

static bool is_jump(csh handle, const cs_insn *insn)
{
	return cs_insn_group(handle, insn, CS_GRP_CALL) || cs_insn_group(handle, insn, CS_GRP_JUMP);
}

/* The immediate operand of a call or jump is where it goes. */
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

static int walk(csh handle, cs_insn *insn, const uint8_t *code, size_t len, uint64_t address,
	lun_native_fn fn, void *ctx)
{
	int err = 0;

	while (!err && len) {
		const uint8_t *bytes = code;
		struct lun_native_insn out;

		if (!cs_disasm_iter(handle, &code, &len, &address, insn))
			break;
		out = (struct lun_native_insn){
			.address = insn->address,
			.bytes = bytes,
			.size = insn->size,
			.mnemonic = insn->mnemonic,
			.operands = insn->op_str,
			.target = jump_target(handle, insn),
		};
		err = fn(ctx, &out);
	}
	return err;
}

int lun_native_disasm(const uint8_t *code, size_t len, uint64_t address,
	enum lun_native_syntax syntax, lun_native_fn fn, void *ctx)
{
	cs_insn *insn;
	csh handle;
	int err;

	if (cs_open((cs_arch)ARCH, (cs_mode)MODE, &handle))
		return -ENOTSUP;
	cs_option(handle, CS_OPT_SKIPDATA, CS_OPT_ON);
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	if (syntax == LUN_SYNTAX_ATT)
		cs_option(handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	insn = cs_malloc(handle);
	err = insn ? walk(handle, insn, code, len, address, fn, ctx) : -ENOMEM;
	if (insn)
		cs_free(insn, 1);
	cs_close(&handle);
	return err;
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
