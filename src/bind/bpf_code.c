/* The code of programs in Lua: bpf.xlated, bpf.cfg. Native code: bpf_native.c. */
#include <errno.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bpf.h"
#include "bind/bpf_code.h"
#include "vm/names.h"
#include "vm/push.h"
#include "bpf/code/disasm.h"
#include "bpf/decode/ksyms.h"

static int l_work_gc(lua_State *L)
{
	struct lun_code_work *w = lua_touserdata(L, 1);

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

struct lun_code_work *lun_code_work_push(lua_State *L)
{
	struct lun_code_work *w = lua_newuserdatauv(L, sizeof(*w), 0);

	memset(w, 0, sizeof(*w));
	w->L = L;
	lun_push_handle_metatable(L, LUN_CODE, NULL, l_work_gc);
	lua_setmetatable(L, -2);
	lua_toclose(L, -1);
	return w;
}

int lun_code_fail(lua_State *L, int err, uint32_t id)
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

uint32_t lun_code_check_id(lua_State *L)
{
	lua_Integer id = luaL_checkinteger(L, 1);

	luaL_argcheck(L, id > 0 && id <= UINT32_MAX, 1, "not a program's id");
	return (uint32_t)id;
}

void lun_code_set_text(struct lun_code_work *w, const char *key)
{
	lua_pushlstring(w->L, w->text.data ? w->text.data : "", w->text.len);
	lua_setfield(w->L, -2, key);
	lun_out_reset(&w->text);
}

void lun_code_push_lines(struct lun_code_work *w)
{
	lua_State *L = w->L;

	lua_createtable(L, (int)w->code.nr_lines, 0);
	for (uint32_t i = 0; i < w->code.nr_lines; i++) {
		const struct lun_code_line *line = &w->code.lines[i];

		lua_createtable(L, 0, 5);
		lun_set_int(L, "insn", line->insn);
		lun_set_str(L, "file", line->file ? line->file : "");
		lun_set_str(L, "text", line->text ? line->text : "");
		lun_set_int(L, "line", line->line);
		lun_set_int(L, "column", line->column);
		lua_rawseti(L, -2, i + 1);
	}
}

void lun_code_push_func(struct lun_code_work *w, const struct lun_code_func *func)
{
	lua_createtable(w->L, 0, 6);
	lun_set_str(w->L, "name", func->name ? func->name : "");
	lun_set_int(w->L, "start", func->start);
	lun_set_int(w->L, "count", func->count);
}

static bool is_local_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static bool is_outer_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg != BPF_PSEUDO_CALL;
}

/* Names for lun_disasm: "bpf_ktime_get_ns", "+5#helper_function". */
static void name_call(void *ctx, const struct bpf_insn *insn, struct lun_out *out)
{
	struct lun_code_work *w = ctx;
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

static void set_call(struct lun_code_work *w, const struct bpf_insn *insn, uint32_t at)
{
	if (is_local_call(insn)) {
		lun_set_int(w->L, "target", (lua_Integer)at + 1 + insn->off);
	} else if (is_outer_call(insn)) {
		name_call(w, insn, &w->text);
		if (w->text.len)
			lun_code_set_text(w, "call");
	}
}

static void set_wide(struct lun_code_work *w, const struct bpf_insn *insn, uint32_t at)
{
	bool value = insn->src_reg == BPF_PSEUDO_MAP_VALUE;

	lua_pushboolean(w->L, true);
	lua_setfield(w->L, -2, "wide");
	if (value || insn->src_reg == BPF_PSEUDO_MAP_FD)
		lun_set_int(w->L, "map_id", insn->imm);
	if (insn->src_reg == LUN_PSEUDO_FUNC)
		lun_set_int(w->L, "target", (lua_Integer)at + 1 + insn->imm);
}

/* Sets the instruction's line, an index into lines. Instructions must come in order. */
static void set_line(struct lun_code_work *w, uint32_t at)
{
	const struct lun_code *code = &w->code;

	while (w->line < code->nr_lines && code->lines[w->line].insn <= at)
		w->line++;
	if (w->line)
		lun_set_int(w->L, "line", w->line);
}

static void push_insn(struct lun_code_work *w, uint32_t at)
{
	const struct lun_disasm_names names = { .call = name_call, .ctx = w };
	const struct bpf_insn *insn = &w->code.insns[at];
	bool wide = lun_insn_is_wide(insn);
	long target = 0;
	enum lun_flow flow = lun_insn_flow(insn, at, &target);

	lua_createtable(w->L, 0, 6);
	lun_set_int(w->L, "index", at);
	lun_out_hex(&w->text, insn, wide ? 2 * sizeof(*insn) : sizeof(*insn));
	lun_code_set_text(w, "bytes");
	lun_disasm(&w->text, insn, &names);
	lun_code_set_text(w, "text");
	set_line(w, at);
	if (lun_code_vars_step(&w->vars, insn, w->joins[at], &w->text))
		lun_code_set_text(w, "var");
	if (flow == LUN_FLOW_JUMP || flow == LUN_FLOW_BRANCH)
		lun_set_int(w->L, "target", target);
	else if (wide)
		set_wide(w, insn, at);
	else
		set_call(w, insn, at);
}

/* Marks the instructions where tracking of registers begins again: starts of functions and jump
 * targets. */
static int find_joins(struct lun_code_work *w)
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

static void push_insns(struct lun_code_work *w)
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

static void push_funcs(struct lun_code_work *w)
{
	lua_createtable(w->L, (int)w->code.nr_funcs, 0);
	for (uint32_t i = 0; i < w->code.nr_funcs; i++) {
		lun_code_push_func(w, &w->code.funcs[i]);
		lua_rawseti(w->L, -2, i + 1);
	}
}

/* bpf.xlated(id) -> { functions, lines, insns } | nil, err, errno */
static int l_bpf_xlated(lua_State *L)
{
	uint32_t id = lun_code_check_id(L);
	struct lun_code_work *w = lun_code_work_push(L);
	int err = lun_code_read(id, &w->code);

	if (!err)
		err = find_joins(w);
	if (err)
		return lun_code_fail(L, err, id);
	w->call_base = lun_ksym_address("__bpf_call_base");
	lua_createtable(L, 0, 3);
	push_funcs(w);
	lua_setfield(L, -2, "functions");
	lun_code_push_lines(w);
	lua_setfield(L, -2, "lines");
	push_insns(w);
	lua_setfield(L, -2, "insns");
	return 1;
}

static void push_blocks(struct lun_code_work *w)
{
	lua_createtable(w->L, (int)w->cfg.nr_blocks, 0);
	for (uint32_t i = 0; i < w->cfg.nr_blocks; i++) {
		lua_createtable(w->L, 0, 2);
		lun_set_int(w->L, "first", w->cfg.blocks[i].first);
		lun_set_int(w->L, "last", w->cfg.blocks[i].last);
		lua_rawseti(w->L, -2, i + 1);
	}
}

static void push_edges(struct lun_code_work *w)
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
		lun_set_int(w->L, "from", (uint64_t)edge->from + 1);
		if (edge->to != LUN_CFG_EXIT)
			lun_set_int(w->L, "to", (uint64_t)edge->to + 1);
		lun_set_str(w->L, "kind", kinds[edge->kind]);
		lua_rawseti(w->L, -2, i + 1);
	}
}

static int push_graph(struct lun_code_work *w, const struct lun_code_func *func)
{
	int err = lun_cfg_make(&w->code, func, &w->cfg);

	if (err)
		return err;
	lun_code_push_func(w, func);
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
	uint32_t id = lun_code_check_id(L);
	struct lun_code_work *w = lun_code_work_push(L);
	int err = lun_code_read(id, &w->code);

	if (err)
		return lun_code_fail(L, err, id);
	lua_createtable(L, (int)w->code.nr_funcs, 0);
	for (uint32_t i = 0; i < w->code.nr_funcs; i++) {
		err = push_graph(w, &w->code.funcs[i]);
		if (err)
			return lun_code_fail(L, err, id);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static const luaL_Reg functions[] = {
	{ "xlated", l_bpf_xlated },
	{ "cfg", l_bpf_cfg },
	{ NULL, NULL },
};

int lun_bind_code(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return lun_bind_native(L);
}
