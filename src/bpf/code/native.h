#pragma once
/* Native (JIT-compiled) code of this machine as text, by capstone. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lun_native_syntax { LUN_SYNTAX_ATT, LUN_SYNTAX_INTEL };

struct lun_native_insn {
	uint64_t address;
	const uint8_t *bytes;
	uint32_t size;
	const char *mnemonic; /* ".byte" for bytes that are no instruction */
	const char *operands; /* may be "" */
	uint64_t target;      /* address that a call or jump goes to, 0 when it has none */
};

/* A walk over some code, which must stay where it is until the walk is closed. */
struct lun_native;

/* 0, -ENOTSUP (capstone does not know this machine) or -ENOMEM. */
int lun_native_open(struct lun_native **walk, const uint8_t *code, size_t len, uint64_t address,
	enum lun_native_syntax syntax);
/* The next instruction, whose texts are good until the next call; false at the end. */
bool lun_native_next(struct lun_native *walk, struct lun_native_insn *insn);
/* NULL is fine. */
void lun_native_close(struct lun_native *walk);
/* "x86_64", "aarch64" or "unknown": what this program was built for. */
const char *lun_native_arch(void);
/* The disassembler and its version: "capstone 4.0". */
void lun_native_library(char *text, size_t size);
