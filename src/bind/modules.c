#include "bind/modules.h"

const luaL_Reg lun_bind_modules[] = {
	{ "lunette.core.bpf", luaopen_bpf },
	{ "lunette.core.metrics", luaopen_lunette_core_metrics },
	{ "lunette.core.kept", luaopen_lunette_core_kept },
	{ NULL, NULL },
};
