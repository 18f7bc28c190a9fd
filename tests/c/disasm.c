/* Every form of ISA v4 as text. tests/lua/bpf compares older forms with bpftool. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bpf/code/disasm.h"

struct sample {
	const char *want;
	struct bpf_insn insn[2];
};

#define I(c, d, s, o, i)                                                                           \
	{                                                                                          \
		{                                                                                  \
			.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)        \
		}                                                                                  \
	}
#define WIDE(s, lo, hi)                                                                            \
	{                                                                                          \
		{ .code = 0x18, .dst_reg = 1, .src_reg = (s), .imm = (lo) },                       \
		{                                                                                  \
			.imm = (hi)                                                                \
		}                                                                                  \
	}

static const struct sample samples[] = {
	{ "(07) r1 += -5", I(0x07, 1, 0, 0, -5) },
	{ "(0f) r1 += r2", I(0x0f, 1, 2, 0, 0) },
	{ "(04) w1 += 7", I(0x04, 1, 0, 0, 7) },
	{ "(17) r1 -= 1", I(0x17, 1, 0, 0, 1) },
	{ "(27) r1 *= 3", I(0x27, 1, 0, 0, 3) },
	{ "(37) r1 /= 3", I(0x37, 1, 0, 0, 3) },
	{ "(37) r1 s/= 3", I(0x37, 1, 0, 1, 3) },
	{ "(3c) w1 s/= w2", I(0x3c, 1, 2, 1, 0) },
	{ "(47) r1 |= 3", I(0x47, 1, 0, 0, 3) },
	{ "(57) r1 &= 255", I(0x57, 1, 0, 0, 255) },
	{ "(67) r1 <<= 32", I(0x67, 1, 0, 0, 32) },
	{ "(77) r1 >>= 32", I(0x77, 1, 0, 0, 32) },
	{ "(87) r1 = -r1", I(0x87, 1, 0, 0, 0) },
	{ "(84) w1 = -w1", I(0x84, 1, 0, 0, 0) },
	{ "(97) r1 %= 10", I(0x97, 1, 0, 0, 10) },
	{ "(9f) r1 s%= r2", I(0x9f, 1, 2, 1, 0) },
	{ "(a7) r1 ^= 1", I(0xa7, 1, 0, 0, 1) },
	{ "(b7) r1 = 1", I(0xb7, 1, 0, 0, 1) },
	{ "(bf) r1 = r2", I(0xbf, 1, 2, 0, 0) },
	{ "(bf) r1 = (s8)r2", I(0xbf, 1, 2, 8, 0) },
	{ "(bf) r1 = (s32)r2", I(0xbf, 1, 2, 32, 0) },
	{ "(bc) w1 = (s16)w2", I(0xbc, 1, 2, 16, 0) },
	{ "(bf) r1 = addr_space_cast(r2, 0, 1)", I(0xbf, 1, 2, 1, 1) },
	{ "(bf) r1 = &(void __percpu *)(r2)", I(0xbf, 1, 2, -1, 0) },
	{ "(c7) r1 s>>= 3", I(0xc7, 1, 0, 0, 3) },
	{ "(d4) r1 = le16 r1", I(0xd4, 1, 0, 0, 16) },
	{ "(dc) r1 = be64 r1", I(0xdc, 1, 0, 0, 64) },
	{ "(d7) r1 = bswap32 r1", I(0xd7, 1, 0, 0, 32) },
	{ "(61) r1 = *(u32 *)(r2 +4)", I(0x61, 1, 2, 4, 0) },
	{ "(69) r1 = *(u16 *)(r2 -2)", I(0x69, 1, 2, -2, 0) },
	{ "(71) r1 = *(u8 *)(r2 +0)", I(0x71, 1, 2, 0, 0) },
	{ "(79) r1 = *(u64 *)(r10 -8)", I(0x79, 1, 10, -8, 0) },
	{ "(81) r1 = *(s32 *)(r2 +4)", I(0x81, 1, 2, 4, 0) },
	{ "(91) r1 = *(s8 *)(r2 +4)", I(0x91, 1, 2, 4, 0) },
	{ "(62) *(u32 *)(r10 -4) = 7", I(0x62, 10, 0, -4, 7) },
	{ "(7b) *(u64 *)(r10 -8) = r1", I(0x7b, 10, 1, -8, 0) },
	{ "(c2) nospec", I(0xc2, 0, 0, 0, 0) },
	{ "(db) lock *(u64 *)(r1 +0) += r2", I(0xdb, 1, 2, 0, BPF_ADD) },
	{ "(c3) lock *(u32 *)(r1 +4) ^= r2", I(0xc3, 1, 2, 4, BPF_XOR) },
	{ "(db) r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)",
		I(0xdb, 1, 2, 0, BPF_ADD | BPF_FETCH) },
	{ "(c3) r2 = atomic_fetch_or((u32 *)(r1 +0), r2)", I(0xc3, 1, 2, 0, BPF_OR | BPF_FETCH) },
	{ "(db) r2 = atomic64_xchg((u64 *)(r1 +0), r2)", I(0xdb, 1, 2, 0, BPF_XCHG) },
	{ "(db) r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)", I(0xdb, 1, 2, 0, BPF_CMPXCHG) },
	{ "(db) r1 = load_acquire((u64 *)(r2 +8))", I(0xdb, 1, 2, 8, LUN_ATOMIC_LOAD_ACQ) },
	{ "(d3) store_release((u8 *)(r1 +8), r2)", I(0xd3, 1, 2, 8, LUN_ATOMIC_STORE_REL) },
	{ "(30) r0 = *(u8 *)skb[23]", I(0x30, 0, 0, 0, 23) },
	{ "(48) r0 = *(u16 *)skb[r3 + 14]", I(0x48, 0, 3, 0, 14) },
	{ "(05) goto pc+3", I(0x05, 0, 0, 3, 0) },
	{ "(06) gotol pc-70000", I(0x06, 0, 0, 0, -70000) },
	{ "(0d) gotox r3", I(0x0d, 3, 0, 0, 0) },
	{ "(e5) may_goto pc+2", I(0xe5, 0, 0, 2, 0) },
	{ "(15) if r1 == 0x0 goto pc+2", I(0x15, 1, 0, 2, 0) },
	{ "(55) if r1 != 0xffffffff goto pc-2", I(0x55, 1, 0, -2, -1) },
	{ "(2d) if r1 > r2 goto pc+2", I(0x2d, 1, 2, 2, 0) },
	{ "(35) if r1 >= 0x5 goto pc+2", I(0x35, 1, 0, 2, 5) },
	{ "(45) if r1 & 0x5 goto pc+2", I(0x45, 1, 0, 2, 5) },
	{ "(66) if w1 s> 0x5 goto pc+2", I(0x66, 1, 0, 2, 5) },
	{ "(7d) if r1 s>= r2 goto pc+2", I(0x7d, 1, 2, 2, 0) },
	{ "(a5) if r1 < 0x5 goto pc+2", I(0xa5, 1, 0, 2, 5) },
	{ "(b5) if r1 <= 0x5 goto pc+2", I(0xb5, 1, 0, 2, 5) },
	{ "(c6) if w1 s< 0x5 goto pc+2", I(0xc6, 1, 0, 2, 5) },
	{ "(dd) if r1 s<= r2 goto pc+2", I(0xdd, 1, 2, 2, 0) },
	{ "(85) call bpf_tail_call#12", I(0x85, 0, 0, 0, 12) },
	{ "(85) call unknown#70000", I(0x85, 0, 0, 0, 70000) },
	{ "(85) call pc+7", I(0x85, 0, 1, 7, 1) },
	{ "(95) exit", I(0x95, 0, 0, 0, 0) },
	{ "(18) r1 = 0x123456789abcdef0", WIDE(0, (int)0x9abcdef0, 0x12345678) },
	{ "(18) r1 = map[id:5]", WIDE(1, 5, 0) },
	{ "(18) r1 = map[id:5][0]+16", WIDE(2, 5, 16) },
	{ "(18) r1 = map[idx:1]+4", WIDE(6, 1, 4) },
	{ "(18) r1 = subprog[+9]", WIDE(4, 9, 0) },
	{ "(e4) BUG_e4", I(0xe4, 0, 0, 0, 0) },
	{ "(8d) callx r3", I(0x8d, 3, 0, 0, 0) },
};

static void test_samples(void **state)
{
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		lun_out_reset(&out);
		lun_disasm(&out, samples[i].insn, NULL);
		lun_out_char(&out, '\0');
		assert_string_equal(out.data, samples[i].want);
	}
	lun_out_free(&out);
}

/* No opcode, register or immediate may crash it or give an empty text. */
static void test_every_opcode(void **state)
{
	struct lun_out out;

	(void)state;
	lun_out_init(&out);
	for (int code = 0; code < 256; code++) {
		for (int imm = -1; imm < 0x120; imm++) {
			struct bpf_insn insn[2] = { { .code = (__u8)code,
							    .dst_reg = 15,
							    .src_reg = 15,
							    .off = -32768,
							    .imm = imm },
				{ 0 } };

			lun_out_reset(&out);
			lun_disasm(&out, insn, NULL);
			assert_true(out.len > 5);
		}
	}
	lun_out_free(&out);
}

static void test_flow(void **state)
{
	const struct bpf_insn jump = { .code = 0x05, .off = 3 };
	const struct bpf_insn far_jump = { .code = 0x06, .imm = -9 };
	const struct bpf_insn branch32 = { .code = 0x16, .off = 4 };
	const struct bpf_insn may_goto = { .code = 0xe5, .off = 2 };
	const struct bpf_insn call = { .code = 0x85, .src_reg = 1, .off = 4 };
	const struct bpf_insn leave = { .code = 0x95 };
	const struct bpf_insn table = { .code = 0x0d };
	const struct bpf_insn move = { .code = 0xb7 };
	long target = -1;

	(void)state;
	assert_int_equal(lun_insn_flow(&jump, 10, &target), LUN_FLOW_JUMP);
	assert_int_equal(target, 14);
	assert_int_equal(lun_insn_flow(&far_jump, 10, &target), LUN_FLOW_JUMP);
	assert_int_equal(target, 2);
	assert_int_equal(lun_insn_flow(&branch32, 10, &target), LUN_FLOW_BRANCH);
	assert_int_equal(target, 15);
	assert_int_equal(lun_insn_flow(&may_goto, 10, &target), LUN_FLOW_BRANCH);
	assert_int_equal(target, 13);
	assert_int_equal(lun_insn_flow(&call, 10, &target), LUN_FLOW_NEXT);
	assert_int_equal(lun_insn_flow(&leave, 10, &target), LUN_FLOW_EXIT);
	assert_int_equal(lun_insn_flow(&table, 10, &target), LUN_FLOW_TABLE);
	assert_int_equal(lun_insn_flow(&move, 10, &target), LUN_FLOW_NEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_every_opcode),
		cmocka_unit_test(test_flow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
