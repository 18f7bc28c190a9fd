/* The code of programs in Lua: bpf.xlated, bpf.jited, bpf.cfg. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "bind/names.h"
#include "bpf/cfg.h"
#include "bpf/code.h"
#include "bpf/code_var.h"
#include "bpf/disasm.h"
#include "bpf/ksyms.h"
#include "bpf/native.h"

/* The state of one call, in a userdata: what it holds is freed whatever is raised. */
struct work {
	struct lun_code code;
	struct lun_cfg cfg;
	struct lun_out text;
	struct lun_native *native;
	struct lun_code_vars vars;
	bool *joins; /* which instructions are jumped to */
	uint64_t call_base;
	lua_State *L;
	const struct lun_code_func *func; /* whose native code is being written */
	uint32_t line; /* how many source lines begin at or before the current instruction */
};

static int l_work_gc(lua_State *L)
{
	struct work *w = lua_touserdata(L, 1);

	lun_code_free(&w->code);
	lun_cfg_free(&w->cfg);
	lun_out_free(&w->text);
	lun_native_close(w->native);
	w->native = NULL;
	lun_code_vars_free(&w->vars);
	free(w->joins);
	w->joins = NULL;
	return 0;
}

static struct work *push_work(lua_State *L)
{
	struct work *w = lua_newuserdatauv(L, sizeof(*w), 0);

	memset(w, 0, sizeof(*w));
	w->L = L;
	if (luaL_newmetatable(L, LUN_CODE)) {
		lua_pushcfunction(L, l_work_gc);
		lua_setfield(L, -2, "__gc");
		lua_pushcfunction(L, l_work_gc);
		lua_setfield(L, -2, "__close");
	}
	lua_setmetatable(L, -2);
	lua_toclose(L, -1);
	return w;
}

static int fail(lua_State *L, int err, uint32_t id)
{
	luaL_pushfail(L);
	if (err == -ENOENT)
		lua_pushfstring(L, "no program has the id %I", (lua_Integer)id);
	else if (err == -EPERM)
		lua_pushfstring(L, "program %I: the kernel shows code to CAP_SYS_ADMIN only",
			(lua_Integer)id);
	else
		lua_pushfstring(L, "program %I: %s", (lua_Integer)id, strerror(-err));
	lua_pushinteger(L, -err);
	return 3;
}

static uint32_t check_id(lua_State *L)
{
	lua_Integer id = luaL_checkinteger(L, 1);

	luaL_argcheck(L, id > 0 && id <= UINT32_MAX, 1, "not a program's id");
	return (uint32_t)id;
}

static void set_int(lua_State *L, const char *key, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, key);
}

static void set_str(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value ? value : "");
	lua_setfield(L, -2, key);
}

static void set_text(struct work *w, const char *key)
{
	lua_pushlstring(w->L, w->text.data ? w->text.data : "", w->text.len);
	lua_setfield(w->L, -2, key);
	lun_out_reset(&w->text);
}

static void push_lines(struct work *w)
{
	lua_State *L = w->L;

	lua_createtable(L, (int)w->code.nr_lines, 0);
	for (uint32_t i = 0; i < w->code.nr_lines; i++) {
		const struct lun_code_line *line = &w->code.lines[i];

		lua_createtable(L, 0, 5);
		set_int(L, "insn", line->insn);
		set_str(L, "file", line->file);
		set_str(L, "text", line->text);
		set_int(L, "line", line->line);
		set_int(L, "column", line->column);
		lua_rawseti(L, -2, i + 1);
	}
}

static void push_func(struct work *w, const struct lun_code_func *func)
{
	lua_createtable(w->L, 0, 6);
	set_str(w->L, "name", func->name);
	set_int(w->L, "start", func->start);
	set_int(w->L, "count", func->count);
}

static bool is_local_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static bool is_outer_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg != BPF_PSEUDO_CALL;
}

/* The names that lun_disasm asks for: "bpf_ktime_get_ns", "+5#helper_function". */
static void name_call(void *ctx, const struct bpf_insn *insn, struct lun_out *out)
{
	struct work *w = ctx;
	long at = insn - w->code.insns;

	if (is_local_call(insn)) {
		uint32_t target = (uint32_t)(at + 1 + insn->off);
		const struct lun_code_func *func = lun_code_func_at(&w->code, target);

		lun_out_printf(out, "%+d", insn->off);
		if (func && func->name[0])
			lun_out_printf(out, "#%s", func->name);
		return;
	}
	if (!insn->src_reg && lun_helper_name(insn->imm))
		lun_out_str(out, lun_helper_name(insn->imm));
	else if (insn->imm && w->call_base)
		lun_ksym_name(w->call_base + (uint64_t)(int64_t)insn->imm, out);
}

static void set_call(struct work *w, const struct bpf_insn *insn, uint32_t at)
{
	if (is_local_call(insn)) {
		set_int(w->L, "target", (lua_Integer)at + 1 + insn->off);
	} else if (is_outer_call(insn)) {
		name_call(w, insn, &w->text);
		if (w->text.len)
			set_text(w, "call");
	}
}

static void set_wide(struct work *w, const struct bpf_insn *insn, uint32_t at)
{
	bool value = insn->src_reg == BPF_PSEUDO_MAP_VALUE;

	lua_pushboolean(w->L, true);
	lua_setfield(w->L, -2, "wide");
	if (value || insn->src_reg == BPF_PSEUDO_MAP_FD)
		set_int(w->L, "map_id", insn->imm);
	if (insn->src_reg == LUN_PSEUDO_FUNC)
		set_int(w->L, "target", (lua_Integer)at + 1 + insn->imm);
}

/* The line that stands for the instruction, an index into lines; instructions come in order. */
static void set_line(struct work *w, uint32_t at)
{
	const struct lun_code *code = &w->code;

	while (w->line < code->nr_lines && code->lines[w->line].insn <= at)
		w->line++;
	if (w->line)
		set_int(w->L, "line", w->line);
}

static void push_insn(struct work *w, uint32_t at)
{
	const struct lun_disasm_names names = { .call = name_call, .ctx = w };
	const struct bpf_insn *insn = &w->code.insns[at];
	bool wide = lun_insn_is_wide(insn);
	long target = 0;
	enum lun_flow flow = lun_insn_flow(insn, at, &target);

	lua_createtable(w->L, 0, 6);
	set_int(w->L, "index", at);
	lun_out_hex(&w->text, insn, wide ? 2 * sizeof(*insn) : sizeof(*insn));
	set_text(w, "bytes");
	lun_disasm(&w->text, insn, &names);
	set_text(w, "text");
	set_line(w, at);
	if (lun_code_vars_step(&w->vars, insn, w->joins[at], &w->text))
		set_text(w, "var");
	if (flow == LUN_FLOW_JUMP || flow == LUN_FLOW_BRANCH)
		set_int(w->L, "target", target);
	else if (wide)
		set_wide(w, insn, at);
	else
		set_call(w, insn, at);
}

/* Functions begin afresh, and so does what is jumped to. */
static int find_joins(struct work *w)
{
	const struct lun_code *code = &w->code;

	w->joins = calloc(code->count + 1, sizeof(*w->joins));
	if (!w->joins)
		return -ENOMEM;
	for (uint32_t i = 0; i < code->nr_funcs; i++)
		w->joins[code->funcs[i].start] = true;
	for (uint32_t i = 0; i < code->count; i += lun_insn_is_wide(&code->insns[i]) ? 2 : 1) {
		long target = 0;
		enum lun_flow flow = lun_insn_flow(&code->insns[i], i, &target);

		if ((flow == LUN_FLOW_JUMP || flow == LUN_FLOW_BRANCH) && target >= 0 &&
			target < (long)code->count)
			w->joins[target] = true;
	}
	return 0;
}

static void push_insns(struct work *w)
{
	lua_Integer n = 0;
	uint32_t at = 0;

	lua_createtable(w->L, (int)w->code.count, 0);
	while (at < w->code.count) {
		push_insn(w, at);
		lua_rawseti(w->L, -2, ++n);
		at += lun_insn_is_wide(&w->code.insns[at]) ? 2 : 1;
	}
}

static void push_funcs(struct work *w)
{
	lua_createtable(w->L, (int)w->code.nr_funcs, 0);
	for (uint32_t i = 0; i < w->code.nr_funcs; i++) {
		push_func(w, &w->code.funcs[i]);
		lua_rawseti(w->L, -2, i + 1);
	}
}

/* bpf.xlated(id) -> { functions, lines, insns } | nil, err, errno */
static int l_bpf_xlated(lua_State *L)
{
	uint32_t id = check_id(L);
	struct work *w = push_work(L);
	int err = lun_code_read(id, &w->code);

	if (!err)
		err = find_joins(w);
	if (err)
		return fail(L, err, id);
	w->call_base = lun_ksym_address("__bpf_call_base");
	lua_createtable(L, 0, 3);
	push_funcs(w);
	lua_setfield(L, -2, "functions");
	push_lines(w);
	lua_setfield(L, -2, "lines");
	push_insns(w);
	lua_setfield(L, -2, "insns");
	return 1;
}

/* Goes to the last line of the function whose native code begins at or before the address. */
static void set_native_line(struct work *w, uint64_t address)
{
	const struct lun_code *code = &w->code;
	uint32_t end = w->func->start + w->func->count;

	while (w->line < code->nr_lines && code->lines[w->line].insn < end &&
		code->lines[w->line].address <= address)
		w->line++;
	if (w->line && code->lines[w->line - 1].insn >= w->func->start)
		set_int(w->L, "line", w->line);
}

static uint32_t first_line(const struct lun_code *code, const struct lun_code_func *func)
{
	uint32_t i = 0;

	while (i < code->nr_lines && code->lines[i].insn < func->start)
		i++;
	return i;
}

static void push_native_insn(struct work *w, const struct lun_native_insn *insn)
{
	uint64_t start = w->func->address;

	lua_createtable(w->L, 0, 6);
	set_int(w->L, "offset", (lua_Integer)(insn->address - start));
	lun_out_hex(&w->text, insn->bytes, insn->size);
	set_text(w, "bytes");
	lun_out_printf(
		&w->text, "%s%s%s", insn->mnemonic, insn->operands[0] ? " " : "", insn->operands);
	set_text(w, "text");
	set_native_line(w, insn->address);
	if (insn->target >= start && insn->target < start + w->func->jited_len)
		set_int(w->L, "target", (lua_Integer)(insn->target - start));
	else if (insn->target && lun_ksym_name(insn->target, &w->text))
		set_text(w, "symbol");
}

static int push_native_insns(struct work *w, enum lun_native_syntax syntax)
{
	const struct lun_code_func *func = w->func;
	struct lun_native_insn insn;
	int err;

	lua_newtable(w->L);
	if ((uint64_t)func->jited_start + func->jited_len > w->code.jited_len)
		return 0;
	err = lun_native_open(&w->native, w->code.jited + func->jited_start, func->jited_len,
		func->address, syntax);
	for (lua_Integer n = 1; !err && lun_native_next(w->native, &insn); n++) {
		push_native_insn(w, &insn);
		lua_rawseti(w->L, -2, n);
	}
	lun_native_close(w->native);
	w->native = NULL;
	return err;
}

static int push_native(
	struct work *w, const struct lun_code_func *func, enum lun_native_syntax syntax)
{
	int err;

	w->func = func;
	w->line = first_line(&w->code, func);
	push_func(w, func);
	lua_pushfstring(w->L, "%p", (void *)(uintptr_t)func->address);
	lua_setfield(w->L, -2, "address");
	set_int(w->L, "size", func->jited_len);
	err = push_native_insns(w, syntax);
	lua_setfield(w->L, -2, "insns");
	return err;
}

static int push_natives(struct work *w, enum lun_native_syntax syntax)
{
	int err = 0;

	lua_createtable(w->L, (int)w->code.nr_funcs, 0);
	for (uint32_t i = 0; !err && i < w->code.nr_funcs; i++) {
		err = push_native(w, &w->code.funcs[i], syntax);
		lua_rawseti(w->L, -2, i + 1);
	}
	return err;
}

/* bpf.jited(id [, "att" | "intel"]) -> { arch, functions, lines } | nil, err, errno */
static int l_bpf_jited(lua_State *L)
{
	static const char *const syntaxes[] = { "att", "intel", NULL };
	uint32_t id = check_id(L);
	int syntax = luaL_checkoption(L, 2, "att", syntaxes);
	struct work *w = push_work(L);
	int err = lun_code_read(id, &w->code);

	if (err)
		return fail(L, err, id);
	if (!w->code.jited_len) {
		luaL_pushfail(L);
		lua_pushfstring(
			L, "program %I has no native code that the kernel shows", (lua_Integer)id);
		lua_pushinteger(L, ENODATA);
		return 3;
	}
	lua_createtable(L, 0, 3);
	set_str(L, "arch", lun_native_arch());
	push_lines(w);
	lua_setfield(L, -2, "lines");
	err = push_natives(w, (enum lun_native_syntax)syntax);
	lua_setfield(L, -2, "functions");
	return err ? fail(L, err, id) : 1;
}

static void push_blocks(struct work *w)
{
	lua_createtable(w->L, (int)w->cfg.nr_blocks, 0);
	for (uint32_t i = 0; i < w->cfg.nr_blocks; i++) {
		lua_createtable(w->L, 0, 2);
		set_int(w->L, "first", w->cfg.blocks[i].first);
		set_int(w->L, "last", w->cfg.blocks[i].last);
		lua_rawseti(w->L, -2, i + 1);
	}
}

static void push_edges(struct work *w)
{
	static const char *const kinds[] = {
		[LUN_EDGE_NEXT] = "next",
		[LUN_EDGE_JUMP] = "jump",
		[LUN_EDGE_EXIT] = "exit",
	};

	lua_createtable(w->L, (int)w->cfg.nr_edges, 0);
	for (uint32_t i = 0; i < w->cfg.nr_edges; i++) {
		const struct lun_cfg_edge *edge = &w->cfg.edges[i];

		lua_createtable(w->L, 0, 3);
		set_int(w->L, "from", (lua_Integer)edge->from + 1);
		if (edge->to != LUN_CFG_EXIT)
			set_int(w->L, "to", (lua_Integer)edge->to + 1);
		set_str(w->L, "kind", kinds[edge->kind]);
		lua_rawseti(w->L, -2, i + 1);
	}
}

static int push_graph(struct work *w, const struct lun_code_func *func)
{
	int err = lun_cfg_make(&w->code, func, &w->cfg);

	if (err)
		return err;
	push_func(w, func);
	push_blocks(w);
	lua_setfield(w->L, -2, "blocks");
	push_edges(w);
	lua_setfield(w->L, -2, "edges");
	lun_cfg_free(&w->cfg);
	return 0;
}

/* bpf.cfg(id) -> { { name, start, count, blocks, edges }… } | nil, err, errno */
static int l_bpf_cfg(lua_State *L)
{
	uint32_t id = check_id(L);
	struct work *w = push_work(L);
	int err = lun_code_read(id, &w->code);

	if (err)
		return fail(L, err, id);
	lua_createtable(L, (int)w->code.nr_funcs, 0);
	for (uint32_t i = 0; i < w->code.nr_funcs; i++) {
		err = push_graph(w, &w->code.funcs[i]);
		if (err)
			return fail(L, err, id);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static const luaL_Reg functions[] = {
	{ "xlated", l_bpf_xlated },
	{ "jited", l_bpf_jited },
	{ "cfg", l_bpf_cfg },
	{ NULL, NULL },
};

int lun_bind_code(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
