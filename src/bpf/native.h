#pragma once
/* Native (JIT-compiled) code of this machine as text, by capstone. */
#include <stddef.h>
#include <stdint.h>

enum lun_native_syntax { LUN_SYNTAX_ATT, LUN_SYNTAX_INTEL };

struct lun_native_insn {
	uint64_t address;
	const uint8_t *bytes;
	uint32_t size;
	const char *mnemonic; /* ".byte" for what is no instruction */
	const char *operands; /* may be "" */
	uint64_t target;      /* address that a call or jump goes to, 0 when it has none */
};

/* Called for each instruction; what it returns other than 0 ends the walk. */
typedef int (*lun_native_fn)(void *ctx, const struct lun_native_insn *insn);

/* 0, what fn returned, -ENOTSUP (capstone does not know this machine) or -ENOMEM. */
int lun_native_disasm(const uint8_t *code, size_t len, uint64_t address,
	enum lun_native_syntax syntax, lun_native_fn fn, void *ctx);
/* "x86_64", "aarch64" or "unknown": what this program was built for. */
const char *lun_native_arch(void);
