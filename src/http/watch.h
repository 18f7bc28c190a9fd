#pragma once
/* Watches the files that scripts were loaded from (vm/script_files.h), by inotify: their folders,
 * and those of the symbolic links on the way, which a Kubernetes ConfigMap or git-sync exchanges.
 */
#include <stdbool.h>

/* A descriptor that is readable when something in one of the folders changed; or -errno. */
int lun_watch_open(void);
/* Watches what was noted since: after each loading of the scripts. */
void lun_watch_update(int fd);
/* Reads what came, and forgets it: lun_script_changed() tells whether it is of account. */
void lun_watch_read(int fd);
