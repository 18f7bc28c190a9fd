#pragma once
/*
 * Paths that the script loader has read or looked for, in any VM and thread. --watch reloads the
 * scripts when one of them changes.
 */
#include <stdbool.h>

/* Notes a file, a folder (for its *.lua files), or a path that does not exist yet. */
void lun_script_note(const char *path);
/* True when one of them has changed since it was noted, or since the last call. */
bool lun_script_changed(void);
void lun_script_each(void (*fn)(const char *path, void *ctx), void *ctx);
