#pragma once
/*
 * io.popen and os.execute whose child processes end with the run: they are killed when the run's
 * time is over, or when it is stopped or interrupted. No other file or child is flushed or waited
 * for.
 */
#include <lua.h>
#include <stdbool.h>

/* contained: kills children with their descendants, and gives them an empty standard input. */
void lun_process_install(lua_State *L, bool contained);
