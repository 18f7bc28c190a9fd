/* The native code of programs in Lua: bpf.jited. */
#include <errno.h>
#include <lauxlib.h>

#include "bind/bpf_code.h"
#include "vm/push.h"
#include "bpf/decode/ksyms.h"

/* Moves to the last line of the function whose native code begins at or before the address. */
static void set_native_line(struct lun_code_work *w, uint64_t address)
{
	const struct lun_code *code = &w->code;
	uint32_t end = w->func->start + w->func->count;

	while (w->line < code->nr_lines && code->lines[w->line].insn < end &&
		code->lines[w->line].address <= address)
		w->line++;
	if (w->line && code->lines[w->line - 1].insn >= w->func->start)
		lun_set_int(w->L, "line", w->line);
}

static uint32_t first_line(const struct lun_code *code, const struct lun_code_func *func)
{
	uint32_t i = 0;

	while (i < code->nr_lines && code->lines[i].insn < func->start)
		i++;
	return i;
}

static void push_native_insn(struct lun_code_work *w, const struct lun_native_insn *insn)
{
	uint64_t start = w->func->address;

	lua_createtable(w->L, 0, 6);
	lun_set_int(w->L, "offset", (insn->address - start));
	lun_out_hex(&w->text, insn->bytes, insn->size);
	lun_code_set_text(w, "bytes");
	lun_out_printf(
		&w->text, "%s%s%s", insn->mnemonic, insn->operands[0] ? " " : "", insn->operands);
	lun_code_set_text(w, "text");
	set_native_line(w, insn->address);
	if (insn->target >= start && insn->target < start + w->func->jited_len)
		lun_set_int(w->L, "target", (insn->target - start));
	else if (insn->target && lun_ksym_name(insn->target, &w->text))
		lun_code_set_text(w, "symbol");
}

static int push_native_insns(struct lun_code_work *w, enum lun_native_syntax syntax)
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
	struct lun_code_work *w, const struct lun_code_func *func, enum lun_native_syntax syntax)
{
	int err;

	w->func = func;
	w->line = first_line(&w->code, func);
	lun_code_push_func(w, func);
	lua_pushfstring(w->L, "%p", (void *)(uintptr_t)func->address);
	lua_setfield(w->L, -2, "address");
	lun_set_int(w->L, "size", func->jited_len);
	err = push_native_insns(w, syntax);
	lua_setfield(w->L, -2, "insns");
	return err;
}

static int push_natives(struct lun_code_work *w, enum lun_native_syntax syntax)
{
	int err = 0;

	lua_createtable(w->L, (int)w->code.nr_funcs, 0);
	for (uint32_t i = 0; !err && i < w->code.nr_funcs; i++) {
		err = push_native(w, &w->code.funcs[i], syntax);
		lua_rawseti(w->L, -2, i + 1);
	}
	return err;
}

/* Pushes nil, message, errno when the kernel reports code's length but hides the code. */
static int push_no_code(lua_State *L, uint32_t id, bool hidden)
{
	if (hidden)
		return lun_push_failure(L, -EPERM,
			"program %u: the kernel hides its machine code: CAP_SYSLOG is missing, or "
			"kernel.kptr_restrict is 2",
			id);
	return lun_push_failure(L, -ENODATA,
		"program %u has no machine code: the JIT is off (net.core.bpf_jit_enable), or "
		"CAP_BPF is missing",
		id);
}

/* bpf.jited(id [, "att" | "intel"]) -> { arch, functions, lines } | nil, err, errno */
static int l_bpf_jited(lua_State *L)
{
	char library[32];
	static const char *const syntaxes[] = { "att", "intel", NULL };
	uint32_t id = lun_code_check_id(L);
	int syntax = luaL_checkoption(L, 2, "att", syntaxes);
	struct lun_code_work *w = lun_code_work_push(L);
	int err = lun_code_read(id, &w->code);

	if (err)
		return lun_code_fail(L, err, id);
	if (!w->code.jited_len)
		return push_no_code(L, id, w->code.info.jited_prog_len != 0);
	lua_createtable(L, 0, 3);
	lun_set_str(L, "arch", lun_native_arch());
	lun_native_library(library, sizeof(library));
	lun_set_str(L, "library", library);
	lun_code_push_lines(w);
	lua_setfield(L, -2, "lines");
	err = push_natives(w, (enum lun_native_syntax)syntax);
	lua_setfield(L, -2, "functions");
	return err ? lun_code_fail(L, err, id) : 1;
}

static const luaL_Reg functions[] = {
	{ "jited", l_bpf_jited },
	{ NULL, NULL },
};

int lun_bind_native(lua_State *L)
{
	luaL_setfuncs(L, functions, 0);
	return 0;
}
