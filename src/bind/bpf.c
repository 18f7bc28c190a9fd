/* require("bpf"): the kernel's BPF objects for Lua, documented in lua/meta/bpf.lua. */
#include "bind/bpf.h"

#include <lauxlib.h>

#include "bind/modules.h"
#include "bpf/object/load.h"

static const lua_CFunction parts[] = {
	lun_bind_objects,
	lun_bind_progs,
	lun_bind_maps,
	lun_bind_links,
	lun_bind_pins,
	lun_bind_owners,
	lun_bind_attach,
	lun_bind_symbols,
	lun_bind_sampler,
	lun_bind_probe,
	lun_bind_load,
	lun_bind_host,
	lun_bind_inspect,
	lun_bind_code,
	lun_bind_profile,
	lun_bind_counters,
	lun_bind_tracelog,
};

int luaopen_bpf(lua_State *L)
{
	lun_load_init();
	lua_newtable(L);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		parts[i](L);
	return 1;
}
