#include "bpf/code/disasm.h"

#include <string.h>

#ifndef BPF_JCOND
#define BPF_JCOND LUN_OP_JCOND
#endif

struct dis {
	struct lun_out *out;
	const struct bpf_insn *insn;
	const struct lun_disasm_names *names;
};

static const char *const alu_ops[16] = {
	[BPF_ADD >> 4] = "+=",
	[BPF_SUB >> 4] = "-=",
	[BPF_MUL >> 4] = "*=",
	[BPF_DIV >> 4] = "/=",
	[BPF_OR >> 4] = "|=",
	[BPF_AND >> 4] = "&=",
	[BPF_LSH >> 4] = "<<=",
	[BPF_RSH >> 4] = ">>=",
	[BPF_NEG >> 4] = "neg",
	[BPF_MOD >> 4] = "%=",
	[BPF_XOR >> 4] = "^=",
	[BPF_MOV >> 4] = "=",
	[BPF_ARSH >> 4] = "s>>=",
};

static const char *const jmp_ops[16] = {
	[BPF_JEQ >> 4] = "==",
	[BPF_JGT >> 4] = ">",
	[BPF_JLT >> 4] = "<",
	[BPF_JGE >> 4] = ">=",
	[BPF_JLE >> 4] = "<=",
	[BPF_JSET >> 4] = "&",
	[BPF_JNE >> 4] = "!=",
	[BPF_JSGT >> 4] = "s>",
	[BPF_JSLT >> 4] = "s<",
	[BPF_JSGE >> 4] = "s>=",
	[BPF_JSLE >> 4] = "s<=",
};

/* By BPF_SIZE >> 3: W, H, B, DW. */
static const char *const unsigned_sizes[] = { "u32", "u16", "u8", "u64" };
static const char *const signed_sizes[] = { "s32", "s16", "s8", "s64" };

static const char *size_of_access(const struct bpf_insn *insn)
{
	return unsigned_sizes[BPF_SIZE(insn->code) >> 3];
}

static bool is_64(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU64 || BPF_CLASS(insn->code) == BPF_JMP;
}

static char reg_letter(const struct bpf_insn *insn)
{
	return is_64(insn) ? 'r' : 'w';
}

static void unknown(struct dis *d)
{
	lun_out_printf(d->out, "BUG_%02x", d->insn->code);
}

/* Byte swaps: the unconditional form is of class ALU64, the others name an endianness. */
static void dis_end(struct dis *d)
{
	const struct bpf_insn *i = d->insn;

	if (BPF_CLASS(i->code) == BPF_ALU64)
		lun_out_printf(d->out, "r%d = bswap%d r%d", i->dst_reg, i->imm, i->dst_reg);
	else
		lun_out_printf(d->out, "r%d = %s%d r%d", i->dst_reg,
			BPF_SRC(i->code) == BPF_TO_BE ? "be" : "le", i->imm, i->dst_reg);
}

/* A move whose offset says more: a sign extension, or a change of address space. */
static bool dis_special_move(struct dis *d)
{
	const struct bpf_insn *i = d->insn;

	if (!i->off || BPF_OP(i->code) != BPF_MOV || BPF_SRC(i->code) != BPF_X)
		return false;
	if (is_64(i) && i->off == 1)
		lun_out_printf(d->out, "r%d = addr_space_cast(r%d, %d, %d)", i->dst_reg, i->src_reg,
			(uint32_t)i->imm >> 16, (uint16_t)i->imm);
	else if (is_64(i) && i->off == -1)
		lun_out_printf(d->out, "r%d = &(void __percpu *)(r%d)", i->dst_reg, i->src_reg);
	else if (i->off == 8 || i->off == 16 || i->off == 32)
		lun_out_printf(d->out, "%c%d = (s%d)%c%d", reg_letter(i), i->dst_reg, i->off,
			reg_letter(i), i->src_reg);
	else
		return false;
	return true;
}

/* Division and remainder are signed when the offset is 1. */
static const char *alu_sign(const struct bpf_insn *i)
{
	bool division = BPF_OP(i->code) == BPF_DIV || BPF_OP(i->code) == BPF_MOD;

	return division && i->off == 1 ? "s" : "";
}

static void dis_alu(struct dis *d)
{
	const struct bpf_insn *i = d->insn;
	const char *op = alu_ops[BPF_OP(i->code) >> 4];
	char r = reg_letter(i);

	if (BPF_OP(i->code) == BPF_END)
		dis_end(d);
	else if (BPF_OP(i->code) == BPF_NEG)
		lun_out_printf(d->out, "%c%d = -%c%d", r, i->dst_reg, r, i->dst_reg);
	else if (dis_special_move(d))
		return;
	else if (!op)
		unknown(d);
	else if (BPF_SRC(i->code) == BPF_X)
		lun_out_printf(
			d->out, "%c%d %s%s %c%d", r, i->dst_reg, alu_sign(i), op, r, i->src_reg);
	else
		lun_out_printf(d->out, "%c%d %s%s %d", r, i->dst_reg, alu_sign(i), op, i->imm);
}

static void dis_atomic_fetch(struct dis *d, const char *name)
{
	const struct bpf_insn *i = d->insn;

	lun_out_printf(d->out, "r%d = atomic%s_fetch_%s((%s *)(r%d %+d), r%d)", i->src_reg,
		BPF_SIZE(i->code) == BPF_DW ? "64" : "", name, size_of_access(i), i->dst_reg,
		i->off, i->src_reg);
}

static void dis_atomic_plain(struct dis *d)
{
	const struct bpf_insn *i = d->insn;

	lun_out_printf(d->out, "lock *(%s *)(r%d %+d) %s r%d", size_of_access(i), i->dst_reg,
		i->off, alu_ops[i->imm >> 4], i->src_reg);
}

static void dis_atomic_exchange(struct dis *d)
{
	const struct bpf_insn *i = d->insn;
	const char *bits = BPF_SIZE(i->code) == BPF_DW ? "64" : "";

	if (i->imm == BPF_CMPXCHG)
		lun_out_printf(d->out, "r0 = atomic%s_cmpxchg((%s *)(r%d %+d), r0, r%d)", bits,
			size_of_access(i), i->dst_reg, i->off, i->src_reg);
	else
		lun_out_printf(d->out, "r%d = atomic%s_xchg((%s *)(r%d %+d), r%d)", i->src_reg,
			bits, size_of_access(i), i->dst_reg, i->off, i->src_reg);
}

static void dis_atomic(struct dis *d)
{
	const struct bpf_insn *i = d->insn;

	switch (i->imm) {
	case BPF_ADD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		dis_atomic_plain(d);
		break;
	case BPF_ADD | BPF_FETCH:
		dis_atomic_fetch(d, "add");
		break;
	case BPF_AND | BPF_FETCH:
		dis_atomic_fetch(d, "and");
		break;
	case BPF_OR | BPF_FETCH:
		dis_atomic_fetch(d, "or");
		break;
	case BPF_XOR | BPF_FETCH:
		dis_atomic_fetch(d, "xor");
		break;
	case BPF_CMPXCHG:
	case BPF_XCHG:
		dis_atomic_exchange(d);
		break;
	case LUN_ATOMIC_LOAD_ACQ:
		lun_out_printf(d->out, "r%d = load_acquire((%s *)(r%d %+d))", i->dst_reg,
			size_of_access(i), i->src_reg, i->off);
		break;
	case LUN_ATOMIC_STORE_REL:
		lun_out_printf(d->out, "store_release((%s *)(r%d %+d), r%d)", size_of_access(i),
			i->dst_reg, i->off, i->src_reg);
		break;
	default:
		unknown(d);
	}
}

static void dis_stx(struct dis *d)
{
	const struct bpf_insn *i = d->insn;

	if (BPF_MODE(i->code) == BPF_MEM)
		lun_out_printf(d->out, "*(%s *)(r%d %+d) = r%d", size_of_access(i), i->dst_reg,
			i->off, i->src_reg);
	else if (BPF_MODE(i->code) == BPF_ATOMIC)
		dis_atomic(d);
	else
		unknown(d);
}

static void dis_st(struct dis *d)
{
	const struct bpf_insn *i = d->insn;

	if (BPF_MODE(i->code) == BPF_MEM)
		lun_out_printf(d->out, "*(%s *)(r%d %+d) = %d", size_of_access(i), i->dst_reg,
			i->off, i->imm);
	else if (BPF_MODE(i->code) == 0xc0) /* the verifier's barrier against speculation */
		lun_out_str(d->out, "nospec");
	else
		unknown(d);
}

static void dis_ldx(struct dis *d)
{
	const struct bpf_insn *i = d->insn;
	bool sign = BPF_MODE(i->code) == LUN_MODE_MEMSX;

	if (BPF_MODE(i->code) == BPF_MEM || sign)
		lun_out_printf(d->out, "r%d = *(%s *)(r%d %+d)", i->dst_reg,
			sign ? signed_sizes[BPF_SIZE(i->code) >> 3] : size_of_access(i), i->src_reg,
			i->off);
	else
		unknown(d);
}

static void dis_wide(struct dis *d)
{
	const struct bpf_insn *i = d->insn;
	uint64_t value = (uint64_t)(uint32_t)i[1].imm << 32 | (uint32_t)i[0].imm;

	lun_out_printf(d->out, "r%d = ", i->dst_reg);
	switch (i->src_reg) {
	case BPF_PSEUDO_MAP_FD:
		lun_out_printf(d->out, "map[id:%d]", i->imm);
		break;
	case BPF_PSEUDO_MAP_VALUE:
		lun_out_printf(d->out, "map[id:%d][0]+%d", i->imm, i[1].imm);
		break;
	case LUN_PSEUDO_MAP_IDX:
		lun_out_printf(d->out, "map[idx:%d]", i->imm);
		break;
	case LUN_PSEUDO_MAP_IDX_VALUE:
		lun_out_printf(d->out, "map[idx:%d]+%d", i->imm, i[1].imm);
		break;
	case LUN_PSEUDO_FUNC:
		lun_out_printf(d->out, "subprog[%+d]", i->imm);
		break;
	default:
		lun_out_printf(d->out, "0x%llx", (unsigned long long)value);
	}
}

static void dis_ld(struct dis *d)
{
	const struct bpf_insn *i = d->insn;

	if (BPF_MODE(i->code) == BPF_ABS)
		lun_out_printf(d->out, "r0 = *(%s *)skb[%d]", size_of_access(i), i->imm);
	else if (BPF_MODE(i->code) == BPF_IND)
		lun_out_printf(
			d->out, "r0 = *(%s *)skb[r%d + %d]", size_of_access(i), i->src_reg, i->imm);
	else if (lun_insn_is_wide(i))
		dis_wide(d);
	else
		unknown(d);
}

#define HELPER_NAME(name) [BPF_FUNC_##name] = "bpf_" #name
static const char *const helpers[] = { __BPF_FUNC_MAPPER(HELPER_NAME) };
#undef HELPER_NAME

const char *lun_helper_name(int32_t id)
{
	return id > 0 && (size_t)id < sizeof(helpers) / sizeof(helpers[0]) ? helpers[id] : NULL;
}

/* A call of a helper by its number stands where the kernel itself has no address for it. */
static bool dis_numbered_call(struct dis *d)
{
	const char *name = d->insn->src_reg ? NULL : lun_helper_name(d->insn->imm);

	if (name)
		lun_out_printf(d->out, "call %s#%d", name, d->insn->imm);
	return name;
}

static void dis_call(struct dis *d)
{
	const struct bpf_insn *i = d->insn;
	bool local = i->src_reg == BPF_PSEUDO_CALL;
	size_t before;

	if (BPF_SRC(i->code) == BPF_X) {
		lun_out_printf(d->out, "callx r%d", i->dst_reg);
		return;
	}
	if (dis_numbered_call(d))
		return;
	lun_out_str(d->out, local ? "call pc" : "call ");
	before = d->out->len;
	if (d->names && d->names->call)
		d->names->call(d->names->ctx, i, d->out);
	if (d->out->len == before)
		lun_out_printf(d->out, local ? "%+d" : "unknown", i->off);
	if (!local)
		lun_out_printf(d->out, "#%d", i->imm);
}

static void dis_goto(struct dis *d)
{
	const struct bpf_insn *i = d->insn;

	if (BPF_SRC(i->code) == BPF_X)
		lun_out_printf(d->out, "gotox r%d", i->dst_reg);
	else if (BPF_CLASS(i->code) == BPF_JMP32)
		lun_out_printf(d->out, "gotol pc%+d", i->imm);
	else
		lun_out_printf(d->out, "goto pc%+d", i->off);
}

static void dis_branch(struct dis *d)
{
	const struct bpf_insn *i = d->insn;
	const char *op = jmp_ops[BPF_OP(i->code) >> 4];
	char r = reg_letter(i);

	if (!op)
		unknown(d);
	else if (BPF_SRC(i->code) == BPF_X)
		lun_out_printf(d->out, "if %c%d %s %c%d goto pc%+d", r, i->dst_reg, op, r,
			i->src_reg, i->off);
	else
		lun_out_printf(d->out, "if %c%d %s 0x%x goto pc%+d", r, i->dst_reg, op,
			(uint32_t)i->imm, i->off);
}

static void dis_jmp(struct dis *d)
{
	const struct bpf_insn *i = d->insn;
	bool wide_class = BPF_CLASS(i->code) == BPF_JMP;

	switch (BPF_OP(i->code)) {
	case BPF_CALL:
		wide_class ? dis_call(d) : unknown(d);
		break;
	case BPF_EXIT:
		wide_class ? lun_out_str(d->out, "exit") : unknown(d);
		break;
	case BPF_JA:
		dis_goto(d);
		break;
	case BPF_JCOND:
		lun_out_printf(d->out, "may_goto pc%+d", i->off);
		break;
	default:
		dis_branch(d);
	}
}

void lun_disasm(
	struct lun_out *out, const struct bpf_insn *insn, const struct lun_disasm_names *names)
{
	static void (*const classes[8])(struct dis *) = {
		[BPF_LD] = dis_ld,
		[BPF_LDX] = dis_ldx,
		[BPF_ST] = dis_st,
		[BPF_STX] = dis_stx,
		[BPF_ALU] = dis_alu,
		[BPF_JMP] = dis_jmp,
		[BPF_JMP32] = dis_jmp,
		[BPF_ALU64] = dis_alu,
	};
	struct dis d = { .out = out, .insn = insn, .names = names };

	lun_out_printf(out, "(%02x) ", insn->code);
	classes[BPF_CLASS(insn->code)](&d);
}

bool lun_insn_is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_DW | BPF_IMM);
}

enum lun_flow lun_insn_flow(const struct bpf_insn *insn, long at, long *target)
{
	unsigned int class = BPF_CLASS(insn->code);
	unsigned int op = BPF_OP(insn->code);

	if ((class != BPF_JMP && class != BPF_JMP32) || (class == BPF_JMP && op == BPF_CALL))
		return LUN_FLOW_NEXT;
	if (class == BPF_JMP && op == BPF_EXIT)
		return LUN_FLOW_EXIT;
	if (op == BPF_JA && BPF_SRC(insn->code) == BPF_X)
		return LUN_FLOW_TABLE;
	if (op == BPF_JA && class == BPF_JMP32)
		*target = at + 1 + insn->imm;
	else
		*target = at + 1 + insn->off;
	return op == BPF_JA ? LUN_FLOW_JUMP : LUN_FLOW_BRANCH;
}
