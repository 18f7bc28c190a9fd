#pragma once
/* The parts of require("bpf"): each adds its functions to the table on the top of the stack. */
#include <lua.h>

int lun_bind_objects(lua_State *L); /* ids, names, maps, btfs */
int lun_bind_progs(lua_State *L);
/* Pushes a handle on the program of a descriptor, which is copied; or nil, message, errno. */
int lun_push_prog_fd(lua_State *L, int fd);
int lun_bind_links(lua_State *L);
int lun_bind_pins(lua_State *L);
int lun_bind_owners(lua_State *L);
int lun_bind_load(lua_State *L);
int lun_bind_host(lua_State *L);    /* host, cpus, stats */
int lun_bind_inspect(lua_State *L); /* inspect, verify, core_relocations */
int lun_bind_attach(lua_State *L);  /* cgroups, interfaces, socket maps */
int lun_bind_symbols(lua_State *L); /* names of places in code */
int lun_bind_sampler(lua_State *L);
int lun_bind_probe(lua_State *L);
int lun_bind_code(lua_State *L);     /* instructions, native code, control flow */
int lun_bind_maps(lua_State *L);     /* map handles, cursors, BTF, decode plans */
int lun_bind_profile(lua_State *L);  /* samples of native code */
int lun_bind_counters(lua_State *L); /* perf events of a program */
int lun_bind_tracelog(lua_State *L); /* the trace pipe */
