#pragma once
/* The C modules of the terminal; main hands the list to the VMs (vm/vm.h). */
#include <lauxlib.h>

/* require("lunette.core.edit"): line editing by libedit; edit.c */
int luaopen_lunette_core_edit(lua_State *L);
/* require("lunette.core.tty"): screen and keys; tty.c */
int luaopen_lunette_core_tty(lua_State *L);

extern const luaL_Reg lun_term_modules[];
