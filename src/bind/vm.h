#pragma once
/*
 * One Lua VM with Lunette's libraries: Lua's own, cjson, the C modules, and the embedded
 * Lua files behind require() with their real names. A VM belongs to one thread.
 */
#include <lua.h>

struct lun_vm_config {
	const char *root; /* read Lua files from this directory's lua/ instead; may be NULL */
};

/* A VM with its libraries open, or NULL when memory is short. */
lua_State *lun_vm_new(const struct lun_vm_config *config);
void lun_vm_free(lua_State *L);

/* lua_pcall with a traceback on the error message: the function and nargs are on the stack. */
int lun_vm_call(lua_State *L, int nargs, int nresults);

/* Runs require("lunette.cli").main(argv...) and returns the exit code; errors go to stderr. */
int lun_vm_main(const struct lun_vm_config *config, int argc, char **argv);
