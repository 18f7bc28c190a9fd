#pragma once
/* The C modules about BPF and metrics; main hands the list to the VMs (vm/vm.h). */
#include <lauxlib.h>

/* require("lunette.core.bpf"), which lua/bpf.lua completes: bpf.c */
int luaopen_bpf(lua_State *L);
/* require("lunette.core.metrics"): groups, pages, scans of maps; metric.c */
int luaopen_lunette_core_metrics(lua_State *L);

/* require("lunette.core.kept"): BPF objects that the process holds; bpf_kept.c */
int luaopen_lunette_core_kept(lua_State *L);

extern const luaL_Reg lun_bind_modules[];

/* Why the kernel shows this process no BPF objects, or NULL. */
const char *lun_bind_unready(void);
