#pragma once
/*
 * io.popen and os.execute that end with the run of their VM: the child is killed when its time is
 * over, or when it is stopped or interrupted. Nothing else of the process is flushed or waited for.
 */
#include <lua.h>
#include <stdbool.h>

/* contained: children are killed with their own children, and read no input of this process. */
void lun_process_install(lua_State *L, bool contained);
