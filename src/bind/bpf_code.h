#pragma once
/*
 * Shared by the bindings of programs' code: the state of one call and common writers. The state is
 * a userdata, so an error frees all that it holds.
 */
#include <lua.h>

#include "bpf/code/cfg.h"
#include "bpf/code/code.h"
#include "bpf/code/code_var.h"
#include "bpf/code/native.h"
#include "text/out.h"

struct lun_code_work {
	struct lun_code code;
	struct lun_cfg cfg;
	struct lun_out text;
	struct lun_native *native;
	struct lun_code_vars vars;
	bool *joins; /* which instructions are jumped to */
	uint64_t call_base;
	lua_State *L;
	const struct lun_code_func *func; /* the function whose native code we write */
	uint32_t line; /* how many source lines begin at or before the current instruction */
};

/* Pushes a state, owned by Lua and freed when the calling function ends. */
struct lun_code_work *lun_code_work_push(lua_State *L);
/* Pushes nil, message, errno; returns 3. */
int lun_code_fail(lua_State *L, int err, uint32_t id);
/* The first argument, a program's id. */
uint32_t lun_code_check_id(lua_State *L);

/* Sets a field of the table on top to w->text, and empties that. */
void lun_code_set_text(struct lun_code_work *w, const char *key);
/* Pushes the list of source lines, or the table of a function: name, start, count. */
void lun_code_push_lines(struct lun_code_work *w);
void lun_code_push_func(struct lun_code_work *w, const struct lun_code_func *func);

int lun_bind_native(lua_State *L); /* bpf.jited */
