#include "bpf/code/code_var.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <string.h>
#include <unistd.h>

#include "bpf/object/btf_load.h"

enum { MAX_DEPTH = 16 };

static const struct btf_type *bare(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* The member that holds the byte at offset; the last one that begins at or before it. */
static const struct btf_member *member_at(const struct btf_type *type, uint32_t offset)
{
	const struct btf_member *found = NULL;

	for (int i = 0; i < btf_vlen(type); i++) {
		if (btf_member_bit_offset(type, (uint32_t)i) / 8 <= offset)
			found = &btf_members(type)[i];
	}
	return found;
}

static void write_place(
	const struct btf *btf, uint32_t id, uint32_t offset, int depth, struct lun_out *out);

static void write_member(const struct btf *btf, const struct btf_type *type, uint32_t offset,
	int depth, struct lun_out *out)
{
	const struct btf_member *member = member_at(type, offset);
	const char *name = member ? btf__name_by_offset(btf, member->name_off) : NULL;
	uint32_t start;

	if (!member)
		return;
	start = btf_member_bit_offset(type, (uint32_t)(member - btf_members(type))) / 8;
	if (name && name[0])
		lun_out_printf(out, ".%s", name);
	write_place(btf, member->type, offset - start, depth + 1, out);
}

static void write_item(const struct btf *btf, const struct btf_type *type, uint32_t offset,
	int depth, struct lun_out *out)
{
	uint32_t item = btf_array(type)->type;
	int64_t size = btf__resolve_size(btf, item);

	if (size <= 0)
		return;
	lun_out_printf(out, "[%u]", (uint32_t)(offset / size));
	write_place(btf, item, (uint32_t)(offset % size), depth + 1, out);
}

/* Goes down to the field; a variable's own address is the variable: "stats", not "stats[0].a". */
static void write_place(
	const struct btf *btf, uint32_t id, uint32_t offset, int depth, struct lun_out *out)
{
	const struct btf_type *type = bare(btf, id);

	if (!type || depth > MAX_DEPTH)
		return;
	if (btf_is_composite(type) && (offset || depth))
		write_member(btf, type, offset, depth, out);
	else if (btf_is_array(type) && (offset || depth))
		write_item(btf, type, offset, depth, out);
}

static bool write_var(
	const struct btf *btf, const struct btf_type *sec, uint32_t offset, struct lun_out *out)
{
	const struct btf_var_secinfo *vars = btf_var_secinfos(sec);

	for (int i = 0; i < btf_vlen(sec); i++) {
		const struct btf_type *var = btf__type_by_id(btf, vars[i].type);

		if (offset < vars[i].offset || offset - vars[i].offset >= vars[i].size || !var)
			continue;
		lun_out_str(out, btf__name_by_offset(btf, var->name_off));
		write_place(btf, var->type, offset - vars[i].offset, 0, out);
		return true;
	}
	return false;
}

static void read_types(uint32_t map_id, uint32_t *type, struct btf **btf)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_map_get_fd_by_id(map_id);
	int err;

	*type = 0;
	*btf = NULL;
	if (fd < 0)
		return;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	if (err || !info.btf_id || !info.btf_value_type_id)
		return;
	*btf = lun_btf_of_id(info.btf_id);
	*type = *btf ? info.btf_value_type_id : 0;
}

/* The slot of the map; a map that was not asked for lately takes the oldest one's place. */
static unsigned int find_map(struct lun_code_vars *vars, uint32_t map_id)
{
	unsigned int slot;

	for (slot = 0; slot < LUN_VAR_MAPS; slot++) {
		if (vars->maps[slot].map_id == map_id)
			return slot;
	}
	slot = vars->next++ % LUN_VAR_MAPS;
	btf__free(vars->maps[slot].btf);
	vars->maps[slot].map_id = map_id;
	read_types(map_id, &vars->maps[slot].type, &vars->maps[slot].btf);
	return slot;
}

static bool write_name(
	struct lun_code_vars *vars, uint32_t map_id, int64_t offset, struct lun_out *out)
{
	unsigned int slot = find_map(vars, map_id);
	const struct btf *btf = vars->maps[slot].btf;
	const struct btf_type *type = btf ? bare(btf, vars->maps[slot].type) : NULL;
	size_t before = out->len;

	if (!type || offset < 0 || offset > UINT32_MAX)
		return false;
	if (btf_is_datasec(type))
		write_var(btf, type, (uint32_t)offset, out);
	else
		write_place(btf, vars->maps[slot].type, (uint32_t)offset, 0, out);
	return out->len > before;
}

void lun_code_vars_free(struct lun_code_vars *vars)
{
	for (unsigned int i = 0; i < LUN_VAR_MAPS; i++)
		btf__free(vars->maps[i].btf);
	memset(vars, 0, sizeof(*vars));
}

static void forget(struct lun_code_vars *vars, unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i <= to; i++)
		vars->regs[i].known = false;
}

/* Address arithmetic that keeps a variable in sight: copies, and adding a constant. */
static void step_alu(struct lun_code_vars *vars, const struct bpf_insn *insn)
{
	if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !insn->off)
		vars->regs[insn->dst_reg] = vars->regs[insn->src_reg];
	else if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K))
		vars->regs[insn->dst_reg].offset += insn->imm;
	else
		vars->regs[insn->dst_reg].known = false;
}

static bool step_address(
	struct lun_code_vars *vars, const struct bpf_insn *insn, struct lun_out *out)
{
	unsigned int dst = insn->dst_reg;

	if (BPF_MODE(insn->code) != BPF_IMM) {
		forget(vars, 0, 5);
		return false;
	}
	vars->regs[dst].known = insn->src_reg == BPF_PSEUDO_MAP_VALUE;
	if (!vars->regs[dst].known)
		return false;
	vars->regs[dst].map_id = (uint32_t)insn->imm;
	vars->regs[dst].offset = (uint32_t)insn[1].imm;
	return write_name(vars, vars->regs[dst].map_id, vars->regs[dst].offset, out);
}

static bool step_access(
	struct lun_code_vars *vars, const struct bpf_insn *insn, struct lun_out *out)
{
	bool load = BPF_CLASS(insn->code) == BPF_LDX;
	unsigned int base = load ? insn->src_reg : insn->dst_reg;
	bool named = vars->regs[base].known &&
		write_name(vars, vars->regs[base].map_id, vars->regs[base].offset + insn->off, out);

	if (load)
		vars->regs[insn->dst_reg].known = false;
	else if (BPF_MODE(insn->code) == BPF_ATOMIC) /* may fetch into its source, or into r0 */
		vars->regs[insn->src_reg].known = vars->regs[0].known = false;
	return named;
}

bool lun_code_vars_step(
	struct lun_code_vars *vars, const struct bpf_insn *insn, bool joins, struct lun_out *out)
{
	if (joins)
		forget(vars, 0, LUN_VAR_REGS - 1);
	if (insn->dst_reg >= LUN_VAR_REGS || insn->src_reg >= LUN_VAR_REGS)
		return false;
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return step_address(vars, insn, out);
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return step_access(vars, insn, out);
	case BPF_ALU:
	case BPF_ALU64:
		step_alu(vars, insn);
		return false;
	default:
		if (BPF_OP(insn->code) == BPF_CALL)
			forget(vars, 0, 5);
		return false;
	}
}
