#include "term/modules.h"

const luaL_Reg lun_term_modules[] = {
	{ "lunette.core.edit", luaopen_lunette_core_edit },
	{ "lunette.core.tty", luaopen_lunette_core_tty },
	{ NULL, NULL },
};
