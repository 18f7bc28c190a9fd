#pragma once
/*
 * The files and folders that the scripts of this process were loaded from, and those that they
 * looked for: what a watcher has to look at. Noted by the VMs that load, in any thread.
 */
#include <stdbool.h>

/* Notes a file, a folder (whose *.lua are looked at), or a path where nothing is yet. */
void lun_script_note(const char *path);
/* Has one of them changed since it was noted, or since the last call? */
bool lun_script_changed(void);
void lun_script_each(void (*fn)(const char *path, void *ctx), void *ctx);
